// Only the page that is looked at is paid, and only if the visitor wants to.

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "./fixtures.mjs";

/** Long enough for several payments, or to see that there are none. */
const A_WHILE_MS = 3_500;

test("a reload starts anew, and of two tabs the one in front is paid", async ({ world }) => {
  await world.connect();
  const first = await world.openSite();
  await first.paid(2);
  await first.page.reload();
  await first.paid(2);

  const second = await world.openSite("/two.html");
  await second.paid(2);
  const received = (await first.events()).length;
  await pause(A_WHILE_MS);
  expect((await first.events()).length).toBe(received);
  // Both receivers of the second page have their turn.
  expect(new Set((await second.events()).map(({ incomingPayment }) => incomingPayment)).size).toBe(2);

  await first.page.bringToFront();
  await first.paid(received + 2);
});

test("a site that is switched off is not paid until it is on again", async ({ world }) => {
  await world.connect();
  const site = await world.openSite();
  await site.paid(1);
  const popup = await world.popup();
  await popup.getByTestId("site-enabled").setChecked(false);
  await world.shows("site off", (view) => view.page?.state === "siteOff");
  await world.drained();
  const received = (await site.events()).length;
  await pause(A_WHILE_MS);
  expect((await site.events()).length).toBe(received);

  await popup.getByTestId("site-enabled").setChecked(true);
  await site.paid(received + 2);
});

test("a link that comes late is paid, and no more once it is gone", async ({ world }) => {
  await world.connect();
  const site = await world.openSite("/late.html");
  await pause(A_WHILE_MS);
  expect(await site.events()).toEqual([]);

  await site.page.getByTestId("add-link").click();
  await site.paid(2);
  await site.page.getByTestId("remove-link").click();
  await world.drained();
  const payments = (await world.sandbox.payer.payments()).outgoing.length;
  await pause(A_WHILE_MS);
  expect((await world.sandbox.payer.payments()).outgoing.length).toBe(payments);
});
