// Cases that need a world of their own: pages that are kept (15), currencies and budgets of every
// size (17 and 18).

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "../fixtures.mjs";
import { freePorts, until } from "../programs.mjs";
import { Documents } from "./cases.mjs";

const A_WHILE_MS = 3_000;

/** @type {{name: string, settings: import("../fixtures.mjs").Settings, rate: string, sends: RegExp}[]} */
const ASSETS = [
  { name: "scale 0 to scale 9", settings: { scale: 0, receiverScale: 9 }, rate: "3600", sends: /^\d+$/ },
  { name: "scale 2 to scale 2", settings: { scale: 2 }, rate: "36", sends: /^\d+\.\d\d$/ },
  {
    name: "scale 9 to scale 2 of another currency",
    settings: {
      scale: 9, receiverScale: 2, receiverCode: "EUR",
      settings: { rates: [{ from: "USD", to: "EUR", numerator: 9, denominator: 10 }] },
    },
    rate: "144",
    sends: /^\d+\.\d{9}$/,
  },
];
for (const { name, settings, rate, sends } of ASSETS) {
  test.describe(() => {
    test.use({ settings });
    test(`18: from ${name}`, async ({ world }) => {
      await world.connect();
      await world.command({ command: "setRate", perHour: rate });
      const site = await world.openSite();
      await site.paid(2, ({ amountSent }) => amountSent.currency === "USD" && sends.test(amountSent.value));
      await expect.poll(async () => BigInt((await world.sandbox.receiver.balance()).value) > 0n).toBe(true);
    });
  });
}

test("17: when the budget is spent nothing more is paid", async ({ world }) => {
  await world.uploadKey();
  await world.requestConnection({ amount: "0.03" });
  await (await world.consentPage()).getByTestId("accept").click();
  await world.shows("connected", (view) => view.connection.state === "connected");
  await world.command({ command: "setRate", perHour: "36" });
  const site = await world.openSite();
  await site.paid(1);
  await world.shows("out of funds", (view) => view.page?.state === "outOfFunds");
  await world.drained();
  const { outgoing } = await world.sandbox.payer.payments();
  const spent = outgoing.reduce((sum, payment) => sum + Number(payment.debitAmount.value), 0);
  expect(spent).toBeLessThanOrEqual(30_000);
  await site.page.bringToFront();
  await pause(A_WHILE_MS);
  expect((await world.sandbox.payer.payments()).outgoing.length).toBe(outgoing.length);
});

test.describe(() => {
  test.use({ settings: { unwanted: ["--disable-back-forward-cache"] } });
  test("15: a page that comes back as it was is paid again", async ({ world }) => {
    const documents = new Documents((await freePorts(1))[0]);
    const plain = documents.put("<p>Nothing to pay.</p>");
    // The driver cannot look into a page that came back, so that the page tells by itself.
    const path = documents.put(`<link rel=monetization href="${world.sandbox.siteWallet}"><script>
      let state = "new";
      addEventListener("pageshow", ({ persisted }) => { if (persisted) fetch(\`/\${state = "kept"}\`); });
      addEventListener("monetization", () => fetch(\`/\${state}-paid\`));
      document.addEventListener("load", ({ target }) => fetch(\`/\${state}-load\`), true);
    </script>`);
    const asked = async (/** @type {string} */ name) => until(name, () => documents.requested.includes(`/${name}`));
    await world.connect();
    const page = await world.browser.context.newPage();
    await page.goto(documents.origin + path);
    await asked("new-paid");
    await page.goto(documents.origin + plain);
    await world.drained();
    await page.bringToFront();
    const { outgoing } = await world.sandbox.payer.payments();
    await pause(A_WHILE_MS);
    expect((await world.sandbox.payer.payments()).outgoing.length).toBe(outgoing.length);
    await page.evaluate("void history.back()");
    await asked("kept");
    await asked("kept-paid");
    expect(documents.requested).not.toContain("/kept-load");
    documents.server.closeAllConnections();
    documents.server.close();
  });
});
