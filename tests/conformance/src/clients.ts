// The client libraries that apps use, each behind the same few words.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { Client as Urql, type Exchange, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { type DocumentNode, OperationTypeNode, getOperationAST, print } from "graphql";
import { GraphQLClient } from "graphql-request";
import { type Client as Socket, createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Phone } from "./phone.js";
import type { Server } from "./server.js";

/** A phone with this library in it; signed in when it is given a token. `sent` sees its requests. */
export type Connect = (server: Server, token?: string, sent?: (request: Sent) => void) => Phone;

export interface Sent {
  method: string;
  /** Whether the document itself was sent, and not only its hash. */
  whole: boolean;
  status: number;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const bearer = (token?: string): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` });
const kind = (document: DocumentNode): OperationTypeNode => getOperationAST(document)!.operation;

function socketTo(server: Server, token?: string): Socket {
  return createClient({ url: server.socket, webSocketImpl: WebSocket, connectionParams: bearer(token) });
}

/** `fetch`, watched. */
function watched(sent: ((request: Sent) => void) | undefined): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const method = init?.method ?? "GET";
    const text = method === "GET" ? Object.fromEntries(new URL(String(input)).searchParams) : JSON.parse(String(init?.body));
    sent?.({ method, whole: Boolean(text.query), status: response.status });
    return response;
  };
}

export const apollo: Connect = (server, token, sent) => apolloOver(new ApolloLink((operation, forward) => forward(operation)), server, token, sent);

/** With Apollo's link for automatic persisted queries. */
export const apolloPersisted: Connect = (server, token, sent) => apolloOver(new PersistedQueryLink({ sha256 }), server, token, sent);

/** The same, hashes going by GET, where a cache could keep the answers. */
export const apolloPersistedByGet: Connect = (server, token, sent) =>
  apolloOver(new PersistedQueryLink({ sha256, useGETForHashedQueries: true }), server, token, sent);

/** With the ids that its build registered, and never the text. */
export const apolloRegistered =
  (id: (document: DocumentNode) => string): Connect =>
  (server, token, sent) =>
    apolloOver(new PersistedQueryLink({ generateHash: id }), server, token, sent);

function apolloOver(link: ApolloLink, ...[server, token, sent]: Parameters<Connect>): Phone {
  const socket = socketTo(server, token);
  const http = new HttpLink({ uri: server.graphql, headers: bearer(token), fetch: watched(sent) });
  const client = new ApolloClient({
    cache: new InMemoryCache({ possibleTypes: { Node: ["Activity", "Attendance", "Branch", "Division", "ServiceRecord", "Shift", "Team", "Volunteer"] } }),
    link: ApolloLink.split(({ query }) => kind(query) === "subscription", new GraphQLWsLink(socket), ApolloLink.from([link, http])),
    defaultOptions: { query: { fetchPolicy: "network-only" } },
  });
  return {
    async run(document, variables) {
      const { data, error } =
        kind(document) === "mutation"
          ? await client.mutate({ mutation: document, variables } as ApolloClient.MutateOptions)
          : await client.query({ query: document, variables } as ApolloClient.QueryOptions);
      if (error !== undefined) throw error;
      return data as never;
    },
    watch: (query, variables) =>
      iterate((observer) => {
        const watching = client.subscribe({ query, variables } as ApolloClient.SubscribeOptions).subscribe({
          next: ({ data, error }) => (error === undefined ? observer.next(data as never) : observer.error(error)),
          error: observer.error,
          complete: observer.complete,
        });
        return () => watching.unsubscribe();
      }),
    async close() {
      client.stop();
      await socket.dispose();
    },
  };
}

export const urql: Connect = (server, token, sent) => urqlWith([], server, token, sent);

/** With urql's exchange for automatic persisted queries. */
export const urqlPersisted: Connect = (server, token, sent) =>
  urqlWith([persistedExchange({ enableForMutation: true, preferGetForPersistedQueries: "force" })], server, token, sent);

export const urqlRegistered =
  (id: (document: DocumentNode) => string): Connect =>
  (server, token, sent) =>
    urqlWith([persistedExchange({ enableForMutation: true, enforcePersistedQueries: true, generateHash: async (_, document) => id(document) })], server, token, sent);

function urqlWith(exchanges: Exchange[], ...[server, token, sent]: Parameters<Connect>): Phone {
  const socket = socketTo(server, token);
  const overSocket = subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables as Record<string, unknown> }, sink as never) }),
    }),
  });
  const client = new Urql({
    url: server.graphql,
    exchanges: [cacheExchange, ...exchanges, fetchExchange, overSocket],
    fetchOptions: { headers: bearer(token) },
    fetch: watched(sent),
    preferGetMethod: "within-url-limit",
    requestPolicy: "network-only",
  });
  return {
    async run(document, variables) {
      const asked = kind(document) === "mutation" ? client.mutation(document, variables) : client.query(document, variables);
      const { data, error } = await asked.toPromise();
      if (error !== undefined) throw error;
      return data as never;
    },
    watch: (document, variables) =>
      iterate((observer) => {
        const watching = client.subscription(document, variables).subscribe(({ data, error }) => (error === undefined ? observer.next(data as never) : observer.error(error)));
        return () => watching.unsubscribe();
      }),
    close: () => socket.dispose(),
  };
}

/** With a socket of its own beside it: it has none. */
export const graphqlRequest: Connect = (server, token, sent) => {
  const socket = socketTo(server, token);
  const client = new GraphQLClient(server.graphql, { headers: bearer(token), fetch: watched(sent) });
  return {
    run: (document, variables) => client.request<never>(document as TypedDocumentNode<unknown, object>, variables),
    watch: (document, variables) =>
      iterate((observer) =>
        socket.subscribe({ query: print(document), variables }, {
          next: ({ data }) => observer.next(data as never),
          error: observer.error,
          complete: observer.complete,
        }),
      ),
    close: () => socket.dispose(),
  };
};

interface Observer<T> {
  next(item: T): void;
  error(error: unknown): void;
  complete(): void;
}

/** An iterable of what is observed from the first look on. */
async function* iterate<T>(observe: (observer: Observer<T>) => () => void): AsyncGenerator<T> {
  const waiting: T[] = [];
  let ended: { error?: unknown } | undefined;
  let wake = (): void => {};
  const leave = observe({
    next: (item) => (waiting.push(item), wake()),
    error: (error) => ((ended = { error }), wake()),
    complete: () => ((ended = {}), wake()),
  });
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift()!;
      if (ended !== undefined) {
        if ("error" in ended) throw ended.error;
        return;
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    leave();
  }
}
