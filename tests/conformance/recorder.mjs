// Stands between a client and a wallet: passes everything on as it is, and holds each request and
// each reply against the OpenAPI files of Open Payments.
import { createServer, request as connect } from "node:http";
import { buffer } from "node:stream/consumers";
import openPayments from "@interledger/open-payments";

const { getAuthServerOpenAPI, getResourceServerOpenAPI, getWalletAddressServerOpenAPI } = openPayments;

/** What the sandbox has besides Open Payments: its pages and its admin API. */
const OTHER = /^\/(|favicon\.ico|healthz|(admin|assets|keys|auth\/interact)(\/.*)?)$/;

/** The operations of the three specifications, at the paths where a wallet of the sandbox has them. */
async function describedOperations() {
  const resources = await getResourceServerOpenAPI();
  // Wallets refuse with more statuses than the specification lists, all in one form.
  const validateError = resources.createResponseValidator({ path: "/quotes", method: "post" });
  const servers = [
    { name: "/auth", root: "/auth", spec: await getAuthServerOpenAPI() },
    { name: "/op", root: "/op", spec: resources },
    { name: "/account", root: "/[a-z]+", spec: await getWalletAddressServerOpenAPI() }
  ];
  return servers.flatMap(({ name, root, spec }) =>
    Object.entries(spec.paths).flatMap(([path, item]) => {
      const below = path === "/" ? "" : path;
      const shape = new RegExp(`^${root}${below.replace("{id}", "[^/]+")}$`);
      return ["get", "post", "delete"].filter((method) => method in item).map((method) => {
        const validateDescribed = spec.createResponseValidator({ path, method });
        const { responses } = item[method];
        return {
          name: `${method.toUpperCase()} ${name}${below}`,
          matches: (asked, pathname) => asked.toLowerCase() === method && shape.test(pathname),
          validateRequest: spec.createRequestValidator({ path, method }),
          validateReply: ({ status, body }) =>
            status < 400 || responses[status]?.content
              ? validateDescribed({ status, body })
              : validateError({ status: 400, body })
        };
      });
    })
  );
}

/**
 * Listens on `port` and passes on to `target`, both ports of this machine.
 * `seen` has the operations that have passed, each with its status; `violations` says what of
 * them was not as described.
 */
export async function startRecorder(port, target) {
  const operations = await describedOperations();
  const seen = new Set();
  const violations = [];

  function check({ method, url, headers, body }, reply) {
    const { pathname, searchParams } = new URL(url, "http://wallet");
    if (method === "OPTIONS" || OTHER.test(pathname)) return;
    const operation = operations.find((one) => one.matches(method, pathname));
    const what = `${method} ${pathname} ${reply.status}`;
    if (!operation) {
      violations.push(`${what}: no such operation`);
      return;
    }
    seen.add(`${operation.name} ${reply.status}`);
    const query = Object.fromEntries(searchParams);
    const params = { id: pathname.split("/").at(-1) };
    attempt(`${what}, request`, () => operation.validateRequest({ headers, query, params, body: parse(body) }));
    attempt(`${what}, reply`, () => operation.validateReply({ status: reply.status, body: parse(reply.body) }));
  }

  function attempt(what, validate) {
    try {
      validate();
    } catch (refusal) {
      violations.push(`${what}: ${JSON.stringify(refusal.errors ?? refusal.message)}`);
    }
  }

  const server = createServer(async (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const body = await buffer(incoming);
    const passed = connect({ host: "127.0.0.1", port: target, method, path: url, headers });
    passed.once("error", () => outgoing.destroy());
    passed.once("response", async (reply) => {
      const replyBody = await buffer(reply);
      check({ method, url, headers, body }, { status: reply.statusCode, body: replyBody });
      outgoing.writeHead(reply.statusCode, reply.rawHeaders).end(replyBody);
    });
    passed.end(body);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    seen,
    violations,
    close() {
      server.close();
      server.closeAllConnections();
    }
  };
}

function parse(body) {
  return body.length > 0 ? JSON.parse(body.toString()) : undefined;
}
