// The linter of schemas, with all its rules and those for Relay. What is switched off says why.
import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["schema.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-all"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // The text is sorted by the program that writes it: byte by byte, with no place of honour for `id`.
      "@graphql-eslint/alphabetize": "off",
      // It is meant for schemas that are only read.
      "@graphql-eslint/no-root-type": "off",
      // A write that carried every read would be priced, limited and let in as one of them.
      "@graphql-eslint/require-field-of-type-query-in-mutation-result": "off",
      // A payload is always there: what went wrong is among its errors. A page that nobody may see is empty.
      "@graphql-eslint/require-nullable-result-in-root": "off",
      // An id belongs to what can be told from its like. A payload, an error, a page, a sum or a standing cannot.
      "@graphql-eslint/strict-id-in-types": "off",
      // Lists that come whole, such as the shifts of an activity, have no pages. And what is let in only by way of its owner's
      // list (an inbox, a roster, a team's members) is nothing that just anybody may ask for by its id.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
];
