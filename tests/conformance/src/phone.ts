// A phone in somebody's hand: the app's own documents, and what it fills in.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import {
  CreateActivityDocument,
  type CreateActivityInput,
  type FixInput,
  MeDocument,
  PublishActivityDocument,
} from "./generated/operations.js";
import type { Server } from "./server.js";

type AnyVariables = Record<string, any>;

/** Something that runs the app's documents: a client library, signed in or not. */
export interface Phone {
  run<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;
  /** Items of a subscription; leaving the loop ends it. */
  watch<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): AsyncIterable<Data>;
  close(): void | Promise<void>;
}

/** Plain HTTP, for suites that are about something else. */
export function plain(server: Server, token?: string): Pick<Phone, "run"> {
  return {
    async run(document, variables) {
      const answer = await server.ask(document, variables, token);
      assert.equal(answer.body?.errors, undefined, answer.text);
      return answer.body.data;
    },
  };
}

/** 断桥残雪 at the West Lake. */
export const PLACE = { latitude: 30.2604, longitude: 120.1472, datum: "WGS84" } as const;

/** So many hours from now. */
export function hours(from: number): string {
  return new Date(Date.now() + from * 3_600_000).toISOString();
}

export function fix(): FixInput {
  return { place: PLACE, accuracy: 10, fixedAt: new Date().toISOString() };
}

export const requestId = (): string => randomUUID();

/** What a payload holds, when nothing was refused. */
export function done<Payload extends { errors: readonly unknown[] }>(payload: Payload): Payload {
  assert.deepEqual(payload.errors, []);
  return payload;
}

export function some<T>(value: T | null | undefined): T {
  assert.ok(value !== null && value !== undefined, "something is there");
  return value;
}

export function newActivity(teamId: string, title: string): CreateActivityInput {
  return {
    teamId,
    title,
    category: "FIRST_AID",
    description: "为游客提供急救和指引。",
    placeName: "断桥残雪",
    address: "杭州市西湖区北山街",
    divisionCode: "330106",
    place: PLACE,
    shifts: [{ startsAt: hours(-1), endsAt: hours(1), capacity: 8 }],
  };
}

/** The leader posts an activity with a shift that runs now. */
export async function postActivity(leader: Pick<Phone, "run">, title: string) {
  const { me } = await leader.run(MeDocument, {});
  const team = some(some(me).roles.find(({ role }) => role === "TEAM_LEADER")?.team);
  const { createActivity } = await leader.run(CreateActivityDocument, { input: newActivity(team.id, title) });
  const activity = some(done(createActivity).activity);
  const { publishActivity } = await leader.run(PublishActivityDocument, { activityId: activity.id });
  assert.equal(done(publishActivity).activity?.state, "PUBLISHED");
  return { team: team.id, activity: activity.id, shift: some(activity.shifts[0]).id };
}
