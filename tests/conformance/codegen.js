// Validates each document of operations/ against schema.graphql and writes typed documents for the clients.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as types from "@graphql-codegen/typescript";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, printError, Source, validate } from "graphql";

const root = new URL("../../", import.meta.url);
const read = (name) => new Source(readFileSync(new URL(name, root), "utf8"), name);
const schema = buildSchema(read("schema.graphql"));
const names = readdirSync(new URL("operations/", root)).filter((name) => name.endsWith(".graphql"));
const documents = names.map((name) => ({ location: name, document: parse(read(`operations/${name}`)) }));

const broken = documents.flatMap(({ location, document }) => {
  const operations = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
  const named = operations.length === 1 && `${operations[0].name?.value}.graphql` === location;
  const errors = validate(schema, document).map((error) => `operation ${operations[0]?.name?.value}: ${printError(error)}`);
  return named ? errors : [...errors, `operations/${location} must hold one operation, of the file's name`];
});
if (broken.length > 0) {
  console.error(`The phone app's documents do not fit schema.graphql:\n\n${broken.join("\n\n")}`);
  process.exit(1);
}

const scalars = {
  Date: "string",
  DateTime: "string",
  Latitude: "number",
  Longitude: "number",
  Metres: "number",
  Minutes: "number",
  PhoneNumber: "string",
  TimeOfDay: "string",
  UUID: "string",
};
const text = await codegen({
  documents,
  schema: parse(read("schema.graphql")),
  filename: "operations.ts",
  config: { scalars, strictScalars: true, useTypeImports: true, enumsAsTypes: true, defaultScalarType: "unknown" },
  plugins: [{ types: {} }, { operationTypes: {} }, { typedDocuments: {} }],
  pluginMap: { types, operationTypes, typedDocuments },
});
const out = new URL("src/generated/", import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(new URL("operations.ts", out), text);
