import { cleanUp, Project } from "./harness";
cleanUp();
test("try", async () => {
  const t=Date.now(); const lap=(s:string)=>console.log(s,(Date.now()-t)/1000);
  const p = await Project.create({ stack: "nginx" });
  lap("init");
  console.log((await p.preview()).output); lap("preview");
  console.log((await p.tryUp()).output); lap("up");
  console.log(await p.changes()); lap("preview2");
  console.log((await p.pulumi(["preview","--stack","nginx","--refresh","--expect-no-changes"])).output); lap("refresh");
  p.configure({"nginx:port":"8123"});
  console.log(await p.steps()); lap("change");
  console.log((await p.tryUp()).output); lap("up");
  console.log(p.store.takeJournal());
  console.log((await p.destroy()).output); lap("destroy");
  console.log(p.engine.requests);
}, 100000);
