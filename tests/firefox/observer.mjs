// Looks into pages without bringing them to the front, through WebDriver BiDi.

/** A session's second line to the browser. */
export class Observer {
  #socket;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #lastId = 0;

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#settle(JSON.parse(data)));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser has hung up"));
    });
  }

  /** @param {string} url */
  static async connect(url) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error(`no connection to ${url}`)));
    });
    return new Observer(socket);
  }

  /**
   * @param {string} page
   * @param {Function} script
   * @param {unknown[]} args
   */
  async evaluate(page, script, args) {
    const { type, result, exceptionDetails } = await this.send("script.callFunction", {
      functionDeclaration: `async (args) => JSON.stringify(await (${script})(...JSON.parse(args)))`,
      arguments: [{ type: "string", value: JSON.stringify(args) }],
      target: { context: page },
      awaitPromise: true,
    });
    if (type !== "success") throw new Error(exceptionDetails.text);
    return result.type === "undefined" ? undefined : JSON.parse(result.value);
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @returns {Promise<any>}
   */
  send(method, params) {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.close();
  }

  /** @param {{id?: number, type: string, result?: unknown, error?: string, message?: string}} reply */
  #settle({ id, type, result, error, message }) {
    const command = id === undefined ? undefined : this.#waiting.get(id);
    if (!command || id === undefined) return;
    this.#waiting.delete(id);
    if (type === "success") command.resolve(result);
    else command.reject(new Error(`${error}: ${message}`));
  }
}
