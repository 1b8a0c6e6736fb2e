// Stands in for the hosts on which clients describe themselves: one local server that answers for every name.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { createGuardedFetch, type FetchJson, type Network } from '../../auth/clients/hosts/guarded-fetch.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ClientHosts {
  readonly fetchJson: FetchJson;
  /** URLs that were asked for, in order. */
  readonly asked: string[];
  /** Publishes JSON at a URL, or lets a handler answer there. */
  readonly serve: (url: string, content: object | Handler, headers?: Record<string, string>) => void;
  /** As if the network to every host were cut: connections are refused. */
  readonly cut: () => void;
  readonly mend: () => void;
}

export async function startClientHosts(t: Test): Promise<ClientHosts> {
  const pages = new Map<string, Handler>();
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    const url = `https://${incoming.headers.host}${incoming.url}`;
    asked.push(url);
    const page = pages.get(url);
    if (page) page(incoming, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  let isCut = false;
  const network: Network = {
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    isAllowed: () => true,
    // https itself can't be had here: no one gives a certificate for these names.
    request: (url, options, onResponse) => {
      const headers = { ...(options.headers as Record<string, string>), Host: url.host };
      const path = url.pathname + url.search;
      return request({ ...options, host: url.hostname, port: isCut ? 1 : port, path, headers }, onResponse);
    },
  };
  return {
    fetchJson: createGuardedFetch(network),
    asked,
    serve: (url, content, headers = {}) => {
      const answer: Handler = (_request, response) =>
        void response
          .writeHead(200, { 'Content-Type': 'application/json', ...headers })
          .end(JSON.stringify(content));
      pages.set(url, typeof content === 'function' ? (content as Handler) : answer);
    },
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
    },
  };
}
