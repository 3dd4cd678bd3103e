// Makes operations from the schema: most of them valid, all of them plausible.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLList,
  type GraphQLLeafType,
  type GraphQLInputObjectType,
  type GraphQLSchema,
  astFromValue,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  print,
} from "graphql";
import type { Chance } from "./chance.js";
import { VALUES } from "./schema.js";

export interface Operation {
  query: string;
  variables: Record<string, unknown>;
  operationName?: string;
}

type NullableInputType = GraphQLLeafType | GraphQLInputObjectType | GraphQLList<GraphQLInputType>;

const DEEPEST = 5;
/** A page has one size, and cursors that are made up are refused. */
const LIKELY: Record<string, number> = { first: 0.01, last: 0.01, after: 0.01, before: 0.01 };

export class Generator {
  private readonly fragments: string[] = [];
  private readonly definitions: string[] = [];
  private readonly variables: Record<string, unknown> = {};
  private names = 0;

  /** `ids` are global ids of things that are there, by what they are. */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly chance: Chance,
    private readonly ids: Readonly<Record<string, string>>,
  ) {}

  operation(kind: "query" | "mutation" | "subscription"): Operation {
    const root = { query: "Query", mutation: "Mutation", subscription: "Subscription" }[kind];
    const selection = this.selection(this.schema.getType(root)!, 0);
    const head = this.definitions.length > 0 ? `${kind} Made(${this.definitions.join(", ")})` : kind;
    const query = [`${head} ${selection}`, ...this.fragments].join("\n");
    return { query, variables: this.variables };
  }

  private selection(type: GraphQLNamedType, depth: number): string {
    const { chance } = this;
    const parts: string[] = [];
    if (isAbstractType(type)) {
      // Whoever compares the answers has to know what came.
      parts.push("__typename");
      const cases = chance.some(this.schema.getPossibleTypes(type), 2);
      parts.push(...cases.map((one) => `... on ${one.name} ${this.selection(one, depth + 1)}`));
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      const fields = Object.values(type.getFields()).filter((field) => depth < DEEPEST || isLeafType(getNamedType(field.type)));
      const wanted = type.name === "Mutation" || type.name === "Subscription" ? 1 : 1 + chance.below(4);
      parts.push(...chance.some(fields, wanted).map((field) => this.field(field, depth)));
    }
    if (chance.happens(0.15) || parts.length === 0) parts.push(`${this.alias()}__typename${this.directive()}`);
    if (chance.happens(0.12) && depth < DEEPEST && type.name !== "Subscription") parts.push(this.fragment(type, depth));
    return `{ ${parts.join(" ")} }`;
  }

  private fragment(type: GraphQLNamedType, depth: number): string {
    const condition = this.chance.happens(0.7) ? ` on ${type.name}` : "";
    const selection = this.selection(type, depth + 1);
    if (this.chance.happens(0.5)) return `...${condition}${this.directive() || (condition === "" ? " @include(if: true)" : "")} ${selection}`;
    const name = `F${this.names++}`;
    this.fragments.push(`fragment ${name} on ${type.name} ${selection}`);
    const spread = `...${name}${this.directive()}`;
    return this.chance.happens(0.2) ? `${spread} ...${name}` : spread;
  }

  private field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const end = this.chance.happens(0.8) ? "first" : "last";
    const args = field.args.filter((arg) => isRequiredArgument(arg) || this.chance.happens(arg.name === end ? 0.95 : LIKELY[arg.name] ?? 0.2));
    const given = args.length > 0 ? `(${args.map((arg) => `${arg.name}: ${this.argument(arg)}`).join(", ")})` : "";
    const deeper = isCompositeType(type) ? ` ${this.selection(type, depth + 1)}` : "";
    return `${this.alias()}${field.name}${given}${this.directive()}${deeper}`;
  }

  private alias(): string {
    // Few names, so that fields of one name meet: some to be merged, some in conflict.
    if (this.chance.happens(0.05)) return `${this.chance.pick(["id", "name", "x", "y"])}: `;
    return this.chance.happens(0.3) ? `a${this.names++}: ` : "";
  }

  private directive(): string {
    if (!this.chance.happens(0.08)) return "";
    const condition = this.chance.happens(0.5) ? String(this.chance.happens(0.5)) : this.variable("Boolean!", this.chance.happens(0.5));
    return ` @${this.chance.pick(["skip", "include"])}(if: ${condition})`;
  }

  private argument(arg: GraphQLArgument): string {
    const page = arg.name === "first" || arg.name === "last";
    const value = page ? this.chance.below(4) : this.value(arg.type, arg.name);
    if (this.chance.happens(0.3)) return this.variable(String(arg.type), value, arg);
    return literal(value, arg.type);
  }

  /** A variable for a place of this type: sometimes stricter than it needs to be, with a default, or left out. */
  private variable(type: string, value: unknown, arg?: GraphQLArgument): string {
    const name = `v${this.names++}`;
    const strict = type.endsWith("!");
    const optional = !strict || arg?.defaultValue !== undefined;
    const declared = !strict && value !== null && this.chance.happens(0.3) ? `${type}!` : type;
    const inPlace = arg === undefined ? String(value) : literal(value, arg.type);
    const withDefault = value !== null && this.chance.happens(0.4);
    this.definitions.push(`$${name}: ${declared}${withDefault ? ` = ${inPlace}` : ""}`);
    const leftOut = withDefault ? this.chance.happens(0.5) : optional && !declared.endsWith("!") && this.chance.happens(0.3);
    if (!leftOut) this.variables[name] = value;
    return `$${name}`;
  }

  private value(type: GraphQLInputType, of = ""): unknown {
    if (isNonNullType(type)) return this.present(type.ofType as NullableInputType, of);
    return this.chance.happens(0.03) ? null : this.present(type as NullableInputType, of);
  }

  private present(type: NullableInputType, of: string): unknown {
    const { chance } = this;
    if (isListType(type)) {
      // One value counts as a list of it.
      if (chance.happens(0.15)) return this.value(type.ofType);
      return Array.from({ length: chance.below(3) }, () => this.value(type.ofType));
    }
    if (isEnumType(type)) return chance.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      // What may be within itself has to come to an end.
      const share = (field: GraphQLInputField) => (getNamedType(field.type) === type ? 0.1 : 0.3);
      const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || chance.happens(share(field)));
      return Object.fromEntries(fields.map((field) => [field.name, this.value(field.type, field.name)]));
    }
    if (type.name === "ID" && chance.happens(0.9)) return this.ids[of.replace(/Id$/, "")] ?? chance.pick(Object.values(this.ids));
    return chance.pick(VALUES[type.name]?.good ?? ["?"]);
  }
}

function literal(value: unknown, type: GraphQLInputType): string {
  return print(astFromValue(value, type)!);
}
