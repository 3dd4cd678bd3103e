// Bends operations: one small change each, most of them wrong, whatever graphql-js makes of it.
import {
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  isCompositeType,
  isInputType,
  isObjectType,
  parse,
  print,
  visit,
} from "graphql";
import type { Chance } from "./chance.js";
import type { Operation } from "./generate.js";
import { VALUES } from "./schema.js";

// Trees are changed in place here, which graphql-js's types forbid.
type Loose = any;

interface Bench {
  document: Loose;
  operation: Operation;
  chance: Chance;
  schema: GraphQLSchema;
  /** One of the nodes of this kind; nothing is done where there is none. */
  one(kind: string, does: (node: Loose) => void): void;
}

const name = (value: string) => ({ kind: Kind.NAME, value });
const named = (value: string) => ({ kind: Kind.NAMED_TYPE, name: name(value) });
const variable = (value: string) => ({ kind: Kind.VARIABLE, name: name(value) });
const selectionOf = (text: string) => (parse(`{ ${text} }`, { noLocation: true }).definitions[0] as Loose).selectionSet.selections;
const directivesOf = (text: string) => selectionOf(`x ${text}`)[0].directives;
const argumentsOf = (text: string) => selectionOf(`x(${text})`)[0].arguments;
const definitionsOf = (text: string) => parse(text, { noLocation: true }).definitions;
const variablesOf = (text: string) => (definitionsOf(`query(${text}) { x }`)[0] as Loose).variableDefinitions;
const copy = <T>(value: T): T => structuredClone(value);

const LITERALS = ["null", "1", "-7", "2147483648", "1.5", '"x"', '"""x"""', "true", "X", "CONFIRM", "[]", "[null]", "[[1]]", "{}", "{ x: 1 }", "$v0", "$nobody"];

const BENDS: Record<string, (bench: Bench) => void> = {
  "a field that is not there": ({ one }) => one(Kind.FIELD, (field) => (field.name = name("nothing"))),
  "a field of another type": ({ one, chance, schema }) =>
    one(Kind.FIELD, (field) => {
      const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
      field.name = name(chance.pick(Object.keys(chance.pick(objects).getFields())));
    }),
  "a leaf with a selection": ({ one }) => one(Kind.FIELD, (field) => (field.selectionSet ??= { kind: Kind.SELECTION_SET, selections: selectionOf("id") })),
  "an object without a selection": ({ one }) => one(Kind.FIELD, (field) => (field.selectionSet = undefined)),
  "an alias that others have": ({ one, chance }) => one(Kind.FIELD, (field) => (field.alias = name(chance.pick(["id", "name", "x", "errors", "__x"])))),
  "no alias": ({ one }) => one(Kind.FIELD, (field) => (field.alias = undefined)),
  "a field twice": ({ one, chance }) => one(Kind.SELECTION_SET, (set) => set.selections.push(copy(chance.pick(set.selections)))),
  "selections in another order": ({ one }) => one(Kind.SELECTION_SET, (set) => set.selections.reverse()),
  "fields of one name deep below": ({ one, chance }) =>
    one(Kind.SELECTION_SET, (set) => {
      const field = set.selections.find((it: Loose) => it.selectionSet !== undefined && it.kind === Kind.FIELD);
      if (field === undefined) return;
      const again = copy(field);
      const inner = again.selectionSet.selections;
      const bent = chance.pick(inner.filter((it: Loose) => it.kind === Kind.FIELD)) as Loose;
      if (bent !== undefined) bent.alias = name(chance.pick(inner.flatMap((it: Loose) => it.alias?.value ?? it.name?.value ?? [])));
      set.selections.push(chance.happens(0.5) ? again : { kind: Kind.INLINE_FRAGMENT, selectionSet: { kind: Kind.SELECTION_SET, selections: [again] } });
    }),
  "fields of one name in two cases": ({ one, chance }) =>
    one(Kind.SELECTION_SET, (set) => {
      const cases = ["... on Shift { x: capacity }", "... on Team { x: name }", "... on Branch { x: name }", "... on Team { x: createdAt }", "... on Activity { x: shifts { id } }", "... on Division { x: parent { id } }"];
      set.selections.push(...selectionOf(chance.some(cases, 2).join(" ")));
    }),
  "__typename with something": ({ one, chance }) =>
    one(Kind.SELECTION_SET, (set) =>
      set.selections.push(...selectionOf(chance.pick(["__typename(x: 1)", "__typename { x }", "__typename @nothing", "__typename @skip", "__typename @skip(if: $v0)", "id: __typename", "__typename: id", "__typenames", "__schema { queryType { name } }", "__type(name: 1) { name }", "__type { name }"]))),
    ),
  "an argument that is not there": ({ one }) => one(Kind.FIELD, (field) => field.arguments.push(...argumentsOf("nothing: 1"))),
  "an argument of another name": ({ one }) => one(Kind.ARGUMENT, (argument) => (argument.name = name("nothing"))),
  "an argument too few": ({ one }) => one(Kind.FIELD, (field) => field.arguments.pop()),
  "an argument twice": ({ one }) => one(Kind.FIELD, (field) => field.arguments.push(...copy(field.arguments.slice(0, 1)))),
  "arguments that differ": ({ one, chance }) =>
    one(Kind.SELECTION_SET, (set) => {
      const field = set.selections.find((it: Loose) => it.arguments?.length > 0);
      if (field === undefined) return;
      const again = copy(field);
      again.arguments[0].value = argumentsOf(`x: ${chance.pick(LITERALS)}`)[0].value;
      set.selections.push(again);
    }),
  "another value": ({ one, chance }) => one(Kind.ARGUMENT, (argument) => (argument.value = argumentsOf(`x: ${chance.pick(LITERALS)}`)[0].value)),
  "another value in an object": ({ one, chance }) => one(Kind.OBJECT_FIELD, (field) => (field.value = argumentsOf(`x: ${chance.pick(LITERALS)}`)[0].value)),
  "a field of an object that is not there": ({ one }) => one(Kind.OBJECT, (object) => object.fields.push(...argumentsOf("x: { nothing: 1 }")[0].value.fields)),
  "a field of an object too few": ({ one }) => one(Kind.OBJECT, (object) => object.fields.pop()),
  "a field of an object twice": ({ one }) => one(Kind.OBJECT, (object) => object.fields.push(...copy(object.fields.slice(0, 1)))),
  "a value in a list": ({ one }) => one(Kind.ARGUMENT, (argument) => (argument.value = { kind: Kind.LIST, values: [argument.value] })),
  "a literal of a scalar": ({ one, chance }) =>
    one(Kind.ARGUMENT, (argument) => {
      const { good, bad } = chance.pick(Object.values(VALUES));
      const value = chance.pick([...good, ...bad]);
      argument.value = argumentsOf(`x: ${typeof value === "object" ? "{}" : JSON.stringify(value)}`)[0].value;
    }),
  "a directive that is not there": ({ one }) => one(Kind.FIELD, (field) => field.directives.push(...directivesOf("@nothing"))),
  "a directive bent": ({ one, chance }) =>
    one(chance.pick([Kind.FIELD, Kind.INLINE_FRAGMENT, Kind.FRAGMENT_SPREAD]), (at) =>
      at.directives.push(...directivesOf(chance.pick(["@skip", '@skip(if: "x")', "@include(if: null)", "@include(if: 1)", "@skip(if: true, if: true)", "@skip(if: true, x: 1)", "@skip(if: true) @skip(if: true)", "@skip(if: $nobody)", "@deprecated", '@specifiedBy(url: "x")', "@include(if: [true])", "@oneOf", "@include(if: false)", "@skip(if: false) @include(if: true)"]))),
    ),
  "a directive in a wrong place": ({ one, chance }) =>
    one(chance.pick([Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION, Kind.VARIABLE_DEFINITION]), (at) => {
      at.directives = directivesOf("@skip(if: true)");
    }),
  "a condition with a variable's default": ({ one, operation, chance }) => {
    const [type, value, given] = chance.pick([["Boolean", " = true", undefined], ["Boolean", " = false", undefined], ["Boolean!", " = true", undefined], ["Boolean", "", undefined], ["Boolean", "", true], ["Boolean", " = true", null], ["Boolean!", " = true", null], ["Boolean!", "", undefined], ["Boolean!", "", "yes"], ["Boolean!", "", false], ["String!", "", "x"], ["[Boolean!]!", "", [true]]] as const);
    one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.push(...variablesOf(`$if: ${type}${value}`)));
    one(chance.pick([Kind.FIELD, Kind.FIELD, Kind.INLINE_FRAGMENT, Kind.FRAGMENT_SPREAD]), (at) => at.directives.push(...directivesOf(chance.pick(["@skip(if: $if)", "@include(if: $if)"]))));
    if (given !== undefined) operation.variables["if"] = given;
  },
  "a variable of another type": ({ one, chance, schema }) =>
    one(Kind.VARIABLE_DEFINITION, (definition) => {
      const types = Object.values(schema.getTypeMap()).filter((type) => isInputType(type) || chance.happens(0.1));
      definition.type = named(chance.pick([...types.map((type) => type.name), "Nothing", "String", "ID", "Int", "Boolean"]));
    }),
  "a variable that may be null": ({ one }) => one(Kind.VARIABLE_DEFINITION, (definition) => (definition.type = definition.type.type ?? definition.type)),
  "a variable that must not be null": ({ one }) =>
    one(Kind.VARIABLE_DEFINITION, (definition) => {
      if (definition.type.kind !== Kind.NON_NULL_TYPE) definition.type = { kind: Kind.NON_NULL_TYPE, type: definition.type };
    }),
  "a variable that is a list": ({ one }) => one(Kind.VARIABLE_DEFINITION, (definition) => (definition.type = { kind: Kind.LIST_TYPE, type: definition.type })),
  "a variable with another default": ({ one, chance }) =>
    one(Kind.VARIABLE_DEFINITION, (definition) => (definition.defaultValue = argumentsOf(`x: ${chance.pick(LITERALS)}`)[0].value)),
  "a variable without default": ({ one }) => one(Kind.VARIABLE_DEFINITION, (definition) => (definition.defaultValue = undefined)),
  "a variable that nobody uses": ({ one, chance }) =>
    one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.push(...variablesOf(chance.pick(["$unused: Int", "$unused: Nothing", "$unused: Team", "$unused: Int = $x"].slice(0, 3))))),
  "a variable that only __typename uses": ({ one }) => {
    one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.push(...variablesOf("$only: Boolean! = false")));
    one(Kind.SELECTION_SET, (set) => set.selections.push(...selectionOf("only: __typename @skip(if: $only)")));
  },
  "a variable twice": ({ one }) => one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.push(...copy(definition.variableDefinitions.slice(0, 1)))),
  "a variable that is not defined": ({ one }) => one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.pop()),
  "a variable in place of a value": ({ one, chance }) => one(Kind.ARGUMENT, (argument) => (argument.value = variable(chance.pick(["v0", "v1", "v2"])))),
  "a variable within a value": ({ one, operation, chance }) =>
    one(chance.pick([Kind.OBJECT_FIELD, Kind.LIST]), (at) => {
      const types = ["ID", "String", "Int", "DateTime", "Latitude", "Metres", "PhoneNumber", "Category", "Datum", "[Category!]"];
      const [type, value] = [chance.pick(types), chance.pick([undefined, null, "FIRST_AID", "WGS84", "x", 30, ["RESCUE"]])];
      const given = chance.pick(["", "!", "! = FIRST_AID", " = WGS84", " = null", ' = "x"', " = 30"]);
      one(Kind.OPERATION_DEFINITION, (definition) => definition.variableDefinitions.push(...variablesOf(`$within: ${type}${given}`)));
      if (at.kind === Kind.LIST) at.values.push(variable("within"));
      else at.value = variable("within");
      if (value !== undefined) operation.variables["within"] = value;
    }),
  "a cycle of fragments": ({ document, one }) => {
    document.definitions.push(...definitionsOf("fragment A on Query { ...B } fragment B on Query { __typename ...A }"));
    one(Kind.OPERATION_DEFINITION, (definition) => definition.selectionSet.selections.push(...selectionOf("...A")));
  },
  "a fragment in itself": ({ one }) => one(Kind.FRAGMENT_DEFINITION, (fragment) => fragment.selectionSet.selections.push(...selectionOf(`...${fragment.name.value}`))),
  "a fragment that nobody spreads": ({ document, chance }) =>
    document.definitions.push(...definitionsOf(chance.pick(["fragment U on Query { __typename }", "fragment U on Nothing { x }", "fragment U on Query { nothing }", "fragment U on Skill { x }"]))),
  "a fragment that is not there": ({ one }) => one(Kind.SELECTION_SET, (set) => set.selections.push(...selectionOf("...Nobody"))),
  "a fragment twice": ({ document, one }) => one(Kind.FRAGMENT_DEFINITION, (fragment) => document.definitions.push(copy(fragment))),
  "a fragment on another type": ({ one, chance, schema }) =>
    one(chance.pick([Kind.FRAGMENT_DEFINITION, Kind.INLINE_FRAGMENT]), (fragment) => {
      const types = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type) || chance.happens(0.1));
      fragment.typeCondition = named(chance.pick([...types.map((type) => type.name), "Node", "Nothing"]));
    }),
  "a spread where it cannot be": ({ one, chance }) => one(Kind.SELECTION_SET, (set) => set.selections.push(...selectionOf(chance.pick(["... on Team { id }", "... on Node { id }", "... on Query { __typename }", "... on Skill { x }", "... on FixInput { x }", "... { __typename }", "... on Nothing { x }"])))),
  "a second operation": ({ document, operation, chance }) => {
    document.definitions.push(...definitionsOf(chance.pick(["{ __typename }", "query Other { __typename }", "query Made { __typename }", "mutation Other { __typename }", "query Other { nothing }", "query Other($x: Int) { teams(first: $x) { nodes { id } } }"])));
    if (chance.happens(0.7)) operation.operationName = chance.pick(["Made", "Other", "Nobody", "made"]);
  },
  "a name for the operation": ({ operation, chance }) => (operation.operationName = chance.pick(["Made", "Nobody"])),
  "a definition of a type": ({ document, chance }) => document.definitions.push(...definitionsOf(chance.pick(["type T { x: Int }", "extend type Query { x: Int }", "schema { query: Query }", "scalar S", "directive @d on FIELD"]))),
  "another value for a variable": ({ operation, chance }) => {
    const place = chance.pick(places(operation.variables));
    if (place === undefined) return;
    const values = Object.values(VALUES).flatMap(({ good, bad }) => [...good, ...bad]);
    place(chance.pick([...values, null, [], {}, [null], { nothing: 1 }, "CONFIRM", "FIRST_AID", "NOTHING"]));
  },
  "one for a variable's list": ({ operation, chance }) => {
    const [key, value] = chance.pick(Object.entries(operation.variables)) ?? [];
    if (key !== undefined) operation.variables[key] = Array.isArray(value) ? value[0] : [value];
  },
  "a variable left out": ({ operation, chance }) => {
    const key = chance.pick(Object.keys(operation.variables));
    if (key !== undefined) delete operation.variables[key];
  },
  "a variable too many": ({ operation }) => (operation.variables["nobody"] = { x: 1 }),
  "a field of a variable that is not there": ({ operation, chance }) => {
    const objects = Object.values(operation.variables).filter((value) => typeof value === "object" && value !== null && !Array.isArray(value));
    const object = chance.pick(objects) as Record<string, unknown> | undefined;
    if (object !== undefined) object["nothing"] = chance.pick([1, null]);
  },
};

const TOKENS = ["{", "}", "(", ")", "()", "{}", "...", "on", "...on", ":", "@", "$", "!", "[", "]", "|", "&", "=", '"', '"""', "'", "#", "#\n", ",", "\ufeff", "\t", "\u00a0", "\u0000", "\\", "null", "true", "query", "fragment", "01", "1.", ".1", "1e5", "-", "0x1", "-0", "1.0e+5", "1a", "é", '"\\u00e9"', '"\\n"', '"\\x"', '"\\u12"', '"a\nb"', '"""a\n  b\\""""""', "fragment on on Query { id }", "/**/", ";", "subscription", "type", "%", "?"];

/** Bends the text itself. */
function scratch(query: string, chance: Chance): string {
  const at = chance.below(query.length);
  const end = at + 1 + chance.below(3);
  switch (chance.below(4)) {
    case 0:
      return query.slice(0, at) + query.slice(end);
    case 1:
      return query.slice(0, at) + query.slice(at, end) + query.slice(at);
    case 2:
      return query.slice(0, at);
    default:
      return `${query.slice(0, at)} ${chance.pick(TOKENS)} ${query.slice(at)}`;
  }
}

/** Every place in the variables, as what puts something else there. */
function places(value: unknown): ((other: unknown) => void)[] {
  if (typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  return Object.keys(object).flatMap((key) => [(other: unknown) => void (object[key] = other), ...places(object[key])]);
}

/** A bent operation, and how it was bent. */
export function bend(schema: GraphQLSchema, chance: Chance, whole: Operation): [string, Operation] {
  const operation = copy(whole);
  if (chance.happens(0.15)) return ["its text", { ...operation, query: scratch(operation.query, chance) }];
  const how = chance.pick(Object.keys(BENDS));
  const document: DocumentNode = copy(parse(operation.query, { noLocation: true }));
  const one: Bench["one"] = (kind, does) => {
    const found = nodes(document, kind);
    if (found.length > 0) does(chance.pick(found));
  };
  BENDS[how]!({ document, operation, chance, schema, one });
  return [how, { ...operation, query: print(document) }];
}

function nodes(document: ASTNode, kind: string): ASTNode[] {
  const found: ASTNode[] = [];
  visit(document, { enter: (node) => void (node.kind === kind && found.push(node)) });
  return found;
}
