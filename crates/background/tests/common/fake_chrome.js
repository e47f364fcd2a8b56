// A `chrome` that notes what it is told. Made once: wasm-bindgen keeps hold of its parts.
globalThis.notes ??= [];
globalThis.note ??= (text) => void notes.push(text);
globalThis.later ??= (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

globalThis.chrome ??= (() => {
  const area = (name) => ({
    entries: {},
    async get() {
      return { ...this.entries };
    },
    async set(changed) {
      note(`${name}.set begins`);
      await later(20);
      if (chrome.full) throw new Error('QUOTA_BYTES quota exceeded');
      // Like Chromium, which keeps only what has a JSON.
      Object.assign(this.entries, JSON.parse(JSON.stringify(changed)));
      note(`${name}.set ends`);
    },
    async remove(names) {
      if (chrome.diesBeforeRemoving) await new Promise(() => {});
      for (const name of names) delete this.entries[name];
    },
    async setAccessLevel({ accessLevel }) {
      note(`${name} for ${accessLevel}`);
    },
  });
  return {
    full: false,
    diesBeforeRemoving: false,
    openTabs: [],
    idleState: 'active',
    storage: { local: area('local'), session: area('session') },
    runtime: { id: 'rivulet', getURL: (path) => `chrome-extension://rivulet/${path}` },
    tabs: {
      query: async () => chrome.openTabs,
      async create({ url }) {
        note(`open ${url}`);
        await later(20);
        return { id: 7, windowId: 1, active: true };
      },
      async remove(id) {
        note(`close ${id}`);
        throw new Error(`No tab with id: ${id}.`);
      },
    },
    windows: { getLastFocused: async () => ({ id: 1 }) },
    alarms: {
      create: async (name, { periodInMinutes }) => note(`alarm ${name} ${periodInMinutes}`),
      clear: async (name) => note(`no alarm ${name}`),
    },
    action: {
      setBadgeText: async ({ text }) => note(`badge "${text}"`),
      setTitle: async () => {},
    },
    idle: {
      setDetectionInterval: (seconds) => note(`idle after ${seconds} s`),
      queryState: async () => chrome.idleState,
    },
  };
})();

notes.length = 0;
chrome.full = false;
chrome.diesBeforeRemoving = false;
chrome.openTabs = [];
for (const area of Object.values(chrome.storage)) area.entries = {};
