// Wallet documents that a page serves itself, to have somebody else asked or paid.

import { expect, test } from "./fixtures.mjs";

/** @param {string} id @param {string} servers */
const document = (id, servers) => ({
  id, publicName: "Stranger", assetCode: "USD", assetScale: 6, authServer: `${servers}/auth`, resourceServer: `${servers}/op`,
});
/** @param {string} href */
const link = (href, id = "1") => `<link id="${id}" rel="monetization" href="${href}">`;

test("a document with numbers that no asset has is no document", async ({ attack, stranger, world }) => {
  const honest = document(world.sandbox.siteWallet, world.sandbox.receiver.url);
  const forgeries = [
    { ...honest, assetScale: 255 }, { ...honest, assetScale: -1 }, { ...honest, assetScale: 1e30 }, { ...honest, assetScale: 2.5 },
    { ...honest, assetScale: "6" }, { ...honest, assetCode: "" }, { ...honest, assetCode: "x".repeat(1_000) }, { ...honest, id: 5 },
    { ...honest, authServer: "javascript:alert(1)" }, { ...honest, resourceServer: "http://10.0.0.1/" },
    { ...honest, authServer: "chrome-extension://a/b" }, { ...honest, id: "https://nas.local/alice" },
    JSON.stringify(honest).replace("6", "0x6"), `${JSON.stringify(honest)}}`, "[".repeat(60_000), "null", "",
    `{"__proto__":${JSON.stringify(honest)}}`,
  ];
  forgeries.forEach((forgery, number) => stranger.document(`/odd/${number}`, () => forgery));
  const page = await attack.open(forgeries.map((_, number) => link(`${stranger.url}/odd/${number}`, String(number))).join(""));
  await attack.cameToNothing();
  expect((await attack.heard(page)).toSorted()).toEqual(forgeries.map((_, number) => `error ${number}`).toSorted());
});

test("of the visitor's own wallet a page hears what it would hear of anybody's", async ({ attack, stranger, world }) => {
  const { payer, receiver, walletAddress } = world.sandbox;
  const other = `${payer.url}/blog`;
  await payer.openAccount(other);
  stranger.document("/mine", () => document(walletAddress, payer.url));
  stranger.document("/theirs", () => document(other, payer.url));
  const before = await receiver.balance();
  for (const [one, another] of [[walletAddress, other], [`${stranger.url}/mine`, `${stranger.url}/theirs`]]) {
    const page = await attack.open(link(one) + link(another, "2"));
    await expect.poll(async () => new Set(await attack.heard(page)))
      .toEqual(new Set(["load 1", "load 2", "monetization 1", "monetization 2"]));
    await attack.end();
  }
  await attack.wentUnnoticed();
  expect(await receiver.balance()).toEqual(before);
});

test("a wallet that only says it is another's is not paid in its name", async ({ attack, stranger, world }) => {
  stranger.document("/impostor", () => document(world.sandbox.siteWallet, stranger.url));
  const page = await attack.open(link(`${stranger.url}/impostor`));
  await attack.cameToNothing();
  expect(await attack.heard(page)).toEqual(["load 1"]);
  expect(stranger.asked("/op")).toEqual([]);
});

test("a document that says one thing to the extension and another to the proxy gets nothing", async ({ attack, stranger, world }) => {
  const { payer, receiver, siteWallet, secondSiteWallet, walletAddress } = world.sandbox;
  const faces = [document(siteWallet, receiver.url), document(walletAddress, payer.url), document(secondSiteWallet, `${receiver.url}/other`)];
  let turn = 0;
  stranger.document("/faces", () => faces[turn++ % faces.length]);
  await attack.open(link(`${stranger.url}/faces`));
  await attack.cameToNothing();
  expect(turn).toBeGreaterThan(1);
});

test("what is no web address is refused without being looked at", async ({ attack, stranger, world }) => {
  const json = JSON.stringify(document(world.sandbox.siteWallet, world.sandbox.receiver.url));
  const hrefs = [
    "javascript:window.ran=1", `data:application/json,${encodeURIComponent(json)}`, "about:blank", "file:///etc/hostname",
    `chrome-extension://${world.browser.extensionId}/manifest.json`, "chrome://version", "ftp://127.0.0.1/", "ws://127.0.0.1/", "$wallet.example",
    "http://user:password@127.0.0.1/alice", `${stranger.url}/queried?a=1`, `view-source:${stranger.url}/viewed`, "//", "http://", "x".repeat(10_000),
  ];
  const page = await attack.open(`${hrefs.map((href, number) => link(href, String(number))).join("")}<script>
    const blob = document.createElement('link');
    Object.assign(blob, { id: 'blob', rel: 'monetization', href: URL.createObjectURL(new Blob([${JSON.stringify(json)}])) });
    document.head.append(blob);
  </script>`);
  await attack.cameToNothing();
  const all = [...hrefs.map((_, number) => `error ${number}`), "error blob"];
  expect((await attack.heard(page)).toSorted()).toEqual(all.toSorted());
  expect(await page.evaluate(() => Reflect.get(window, "ran"))).toBe(undefined);
  for (const path of ["/queried", "/viewed", "/xxxx"]) expect(stranger.asked(path)).toEqual([]);
});
