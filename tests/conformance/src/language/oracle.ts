// What graphql-js says about an operation, and about an answer to it.
import {
  type ASTNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  execute,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
  visit,
} from "graphql";
import type { Operation } from "./generate.js";

export interface Verdict {
  /** What refuses it; nothing when it may run. */
  refusedBy?: "grammar" | "validation" | "choice of operation" | "coercion" | "condition";
  errors: readonly GraphQLError[];
  document?: DocumentNode;
}

export function judge(schema: GraphQLSchema, { query, variables, operationName }: Operation): Verdict {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { refusedBy: "grammar", errors: [error as GraphQLError] };
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return { refusedBy: "validation", errors, document };
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined) return { refusedBy: "choice of operation", errors: [], document };
  // As they arrive: JSON knows no undefined.
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], JSON.parse(JSON.stringify(variables)));
  if (coerced.errors !== undefined) return { refusedBy: "coercion", errors: coerced.errors, document };
  // Meant to be an error of execution, which takes the whole answer with it; so it may be told before.
  if (asksNull(document, operation, coerced.coerced)) return { refusedBy: "condition", errors: [], document };
  return { errors: [], document };
}

/** Whether a variable that is null decides whether something is skipped. */
function asksNull(document: DocumentNode, operation: OperationDefinitionNode, values: Record<string, unknown>): boolean {
  let found = false;
  const fragments = new Set<string>();
  const look = (node: ASTNode): void => {
    visit(node, {
      Directive({ arguments: given = [] }) {
        for (const { value } of given) found ||= value.kind === Kind.VARIABLE && values[value.name.value] === null;
      },
      FragmentSpread({ name }) {
        if (fragments.has(name.value)) return;
        fragments.add(name.value);
        document.definitions.forEach((it) => it.kind === Kind.FRAGMENT_DEFINITION && it.name.value === name.value && look(it));
      },
    });
  };
  look(operation);
  return found;
}

/**
 * The answer as graphql-js would have written it, had it met what our server met: it runs the operation over the answer
 * itself. So it has just the fields that it must have, in their order, and values that their types can have.
 */
export function rewritten(schema: GraphQLSchema, document: DocumentNode, operation: Operation, data: unknown): ExecutionResult {
  return execute({
    schema,
    document,
    variableValues: operation.variables,
    operationName: operation.operationName ?? null,
    rootValue: data,
    fieldResolver: (source, _args, _context, { path }) => source[path.key],
    typeResolver: (value) => value.__typename,
  }) as ExecutionResult;
}
