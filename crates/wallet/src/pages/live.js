// Keeps the part of the page that is marked live up to date, without taking the focus away.

const PERIOD_MILLIS = 2000;

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (document.hidden || live === null || live.contains(document.activeElement)) return;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("[data-live]");
  if (next !== null && next.innerHTML !== live.innerHTML) live.replaceWith(document.adoptNode(next));
}

// A wallet that is stopped for a while is asked again.
setInterval(() => refresh().catch(() => {}), PERIOD_MILLIS);
