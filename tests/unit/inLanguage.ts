/** What something gives in another language. A process speaks one, so modules are to be required anew inside. */
export function inLanguage<T>(language: string, action: () => T): T {
  const { BERTH_LANG } = process.env;
  let result: T;
  try {
    process.env.BERTH_LANG = language;
    jest.isolateModules(() => {
      result = action();
    });
  } finally {
    if (BERTH_LANG === undefined) delete process.env.BERTH_LANG;
    else process.env.BERTH_LANG = BERTH_LANG;
  }
  return result!;
}
