// What graphql-js has to know of our schema beyond its text: which values the scalars take.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GraphQLError, GraphQLScalarType, type GraphQLSchema, buildSchema } from "graphql";
import { ROOT } from "../server.js";

const number = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;
const text = (form: RegExp) => (value: unknown) => typeof value === "string" && form.test(value);

const takes: Record<string, (value: unknown) => boolean> = {
  Date: (value) => text(/^\d{4}-\d\d-\d\d$/)(value) && !Number.isNaN(Date.parse(value as string)),
  // Ours forgives a missing zero.
  DateTime: text(/^\d{4}-\d\d?-\d\d?T\d\d?:\d\d?:\d\d?(\.\d+)?(Z|[+-]\d\d:\d\d)$/),
  Latitude: number(-90, 90),
  Longitude: number(-180, 180),
  Metres: number(0, Infinity),
  Minutes: (value) => Number.isInteger(value),
  PhoneNumber: (value) => typeof value === "string" && /^(\+86)?1[3-9]\d{9}$/.test(value.replaceAll(/[-\s().]/g, "")),
  TimeOfDay: text(/^([01]\d|2[0-3]):[0-5]\d$/),
  UUID: text(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i),
};

/** Values of our scalars, those that are taken first; what is tried as a value of each. */
export const VALUES: Record<string, { good: unknown[]; bad: unknown[] }> = {
  Boolean: { good: [true, false], bad: ["true", 0, 1] },
  Date: { good: ["1990-05-08", "2026-02-28"], bad: ["2026-02-30", "90-5-8", "", 20260508, true] },
  DateTime: { good: ["2026-05-08T08:00:00Z", "2026-05-08T08:00:00.5+08:00"], bad: ["2026-05-08", "now", 1778227200, {}] },
  Float: { good: [0, -1.5, 1e10, 7], bad: ["1", true] },
  ID: { good: ["x", "VGVhbTo3", 7], bad: [1.5, true, {}] },
  Int: { good: [0, 3, -1, 2 ** 31 - 1], bad: [2 ** 31, -(2 ** 31) - 1, 1.5, "1", true, 1e20] },
  Latitude: { good: [30.2604, 30, -90], bad: [90.1, "30", true, [30, 31]] },
  Longitude: { good: [120.1472, 120, 180], bad: [-180.5, "120", false] },
  Metres: { good: [300, 0, 1.5], bad: [-1, "300"] },
  PhoneNumber: { good: ["13800138000", "+8613800138000"], bad: ["12345", "", 13800138000] },
  String: { good: ["", "西湖", 'a "quoted" \\ text\n', "🏃"], bad: [1, true, {}, 1.5] },
  TimeOfDay: { good: ["06:30", "23:59"], bad: ["24:00", "6:30", "06:30:00", 630] },
  UUID: { good: ["0191b5a0-7c3e-7d2a-8f00-0123456789ab"], bad: ["0191b5a0", "", 1] },
};

export function ourSchema(): GraphQLSchema {
  const schema = buildSchema(readFileSync(join(ROOT, "schema.graphql"), "utf8"));
  for (const type of Object.values(schema.getTypeMap())) {
    const taken = takes[type.name];
    if (!(type instanceof GraphQLScalarType) || taken === undefined) continue;
    type.parseValue = (value) => {
      if (!taken(value)) throw new GraphQLError(`${JSON.stringify(value)} is no ${type.name}.`);
      return value;
    };
    // Literals are read by way of `parseValue`, unless somebody says otherwise.
    const plain = new GraphQLScalarType({ name: type.name, parseValue: type.parseValue });
    type.parseLiteral = plain.parseLiteral;
  }
  return schema;
}
