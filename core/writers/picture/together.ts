import type { Card, Picture } from "./picture";

/** Several pictures as one. Each keeps its order; ids are told apart by what stands in front of them. */
export function together(name: string, pictures: Picture[]): Picture {
  const filled = pictures.filter(({ cards, stores, boxes }) => cards.length + stores.length + boxes.length > 0);
  if (filled.length < 2) return { ...(filled[0] ?? pictures[0]!), name };
  const parts = filled.map((picture, index): Picture => {
    const own = (id: string) => `${"abcdefgh"[index]}${id}`;
    const card = (given: Card): Card => ({
      ...given,
      id: own(given.id),
      box: given.box && own(given.box),
      mounts: given.mounts.map((mount) => ({ ...mount, store: own(mount.store) })),
      waits: given.waits.map((wait) => ({ ...wait, on: own(wait.on) })),
    });
    return {
      name,
      boxes: picture.boxes.map((box) => ({ ...box, id: own(box.id) })),
      cards: picture.cards.map(card),
      stores: picture.stores.map((store) => ({ ...store, id: own(store.id) })),
      warnings: picture.warnings.map((warning) => ({ ...warning, card: warning.card && own(warning.card) })),
    };
  });
  return {
    name,
    boxes: parts.flatMap(({ boxes }) => boxes),
    cards: parts.flatMap(({ cards }) => cards),
    stores: parts.flatMap(({ stores }) => stores),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}
