/** Adds the page's monetization link, and takes it away. */

const link = document.createElement('link');
link.rel = 'monetization';
link.href = '{{wallet}}';

/** @param {string} id @param {() => void} action */
const onClick = (id, action) => document.querySelector(`[data-testid="${id}"]`)?.addEventListener('click', action);

onClick('add-link', () => document.head.append(link));
onClick('remove-link', () => link.remove());
