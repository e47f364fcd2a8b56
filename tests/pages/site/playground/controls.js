/** What the pages of the playground share: their elements, their buttons, and links made by script. */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} name @param {() => void} action */
const onClick = (name, action) => document.querySelector(`[data-testid="${name}"]`)?.addEventListener('click', action);

/** @param {string} text */
const say = (text) => byId('says').append(Object.assign(document.createElement('li'), { textContent: text }));

/** @param {string} id @param {string} href */
function makeLink(id, href) {
  const link = document.createElement('link');
  return Object.assign(link, { id, rel: 'monetization', href });
}
