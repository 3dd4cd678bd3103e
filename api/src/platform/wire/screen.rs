//! Reads an operation before anything else does: what it is, whether it is valid, and what it comes to. In this order,
//! since each step protects the next: the text is scanned, parsed (apollo-parser, which has limits), counted, validated
//! whole by apollo-compiler (async-graphql overlooks conflicts below fields of one name, the types of variables in
//! directives, everything on `__typename`, and more), and only then read by async-graphql, which executes it.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{Definition, Document, OperationType},
    executable::Operation,
    parser::Parser,
    request::{RequestError, coerce_variable_values},
    response::{GraphQLError, JsonMap},
    validation::{DiagnosticList, Valid, WithErrors},
};
use async_graphql::{
    Pos, Request, ServerError, Variables,
    parser::types::{DocumentOperations, ExecutableDocument as Parsed},
};
use quick_cache::{Weighter, sync::Cache};
use serde_json::Value;

use super::{
    Limits, Registered,
    asked::Asked,
    coded,
    count::count,
    form::{Form, for_execution},
    limits::at_most,
    persisted,
    scan::{DEEPEST, scan},
    values::{Scalars, check_conditions},
};

/// Most errors told of one document.
const ERRORS: usize = 20;
/// Texts of documents that are kept, in bytes; a parsed document takes some thirty times as much.
const KEPT_BYTES: u64 = 2 * 1024 * 1024;
/// A longer text is read anew each time: the documents of apps are far shorter.
const KEPT_AT_MOST: usize = 32 * 1024;
/// Characters of an error's message; some quote what was sent.
const MESSAGE: usize = 400;

/// What the documents of one schema are held against.
pub struct Screen {
    schema: Arc<Valid<Schema>>,
    pub limits: Limits,
    scalars: Scalars,
    /// Whether the schema may be asked for.
    introspection: bool,
    registered: Option<Registered>,
    /// Good documents by the hash of their text.
    known: Cache<String, Arc<Read>, Weight>,
    /// Texts that clients left here, by hash: only those of good documents.
    persisted: Cache<String, Arc<str>, Weight>,
}

/// A good document.
pub(super) struct Read {
    parsed: Parsed,
    typed: Arc<Valid<ExecutableDocument>>,
    length: usize,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Read>> for Weight {
    fn weight(&self, _: &String, document: &Arc<Read>) -> u64 {
        document.length as u64
    }
}

impl Weighter<String, Arc<str>> for Weight {
    fn weight(&self, _: &String, text: &Arc<str>) -> u64 {
        text.len() as u64
    }
}

/// An operation that may be executed, once its caller has been let in.
pub struct Screened {
    pub kind: Kind,
    pub name: Option<String>,
    /// The root fields, one for each time they are asked for: `["signIn", "signIn"]` for two aliases.
    pub roots: Vec<String>,
    pub(super) request: Request,
    pub(super) form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
    Subscription,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

pub type Errors = Vec<ServerError>;

impl Screen {
    /// `schema` is what [`read_schema`] made of the schema's text.
    pub fn new(
        schema: Arc<Valid<Schema>>,
        scalars: Scalars,
        limits: Limits,
        introspection: bool,
        registered: Option<Registered>,
    ) -> Result<Self, String> {
        let kept = |count| Cache::with_weighter(count, KEPT_BYTES, Weight);
        let screen = Self {
            schema,
            scalars,
            limits,
            introspection,
            registered,
            known: Cache::with_weighter(1_000, KEPT_BYTES, Weight),
            persisted: kept(1_000),
        };
        for text in screen.registered.iter().flat_map(Registered::documents) {
            screen.read(text).map_err(|errors| unfit(text, &errors))?;
        }
        Ok(screen)
    }

    /// Everything that can be said of an operation without knowing who asks.
    pub fn screen(&self, asked: Asked) -> Result<Screened, Errors> {
        let text = self.text_of(&asked)?;
        let document = match self.known(&text) {
            Some(document) => document,
            None => self.learn(&text)?,
        };
        self.pick(asked, text, &document)
    }

    /// The operation that is asked for, out of a good document.
    pub(super) fn pick(&self, asked: Asked, text: Arc<str>, document: &Read) -> Result<Screened, Errors> {
        if asked.extensions.contains_key("persistedQuery") {
            self.persisted.insert(persisted::hash(&text), text);
        }
        let operation = document.typed.operations.get(asked.operation_name.as_deref());
        let operation = operation.map_err(|error| resolution(&error))?;
        let roots = self.roots(&document.typed, operation)?;
        let variables = self.variables(operation, asked.variables)?;
        check_conditions(&document.typed, operation, &variables)?;
        let form = Form {
            schema: self.schema.clone(),
            document: document.typed.clone(),
            operation: asked.operation_name.clone(),
            variables: variables.clone(),
        };
        let mut parsed = document.parsed.clone();
        // The executor prices all that it is given, with the variables of the one.
        if let (DocumentOperations::Multiple(all), Some(name)) = (&mut parsed.operations, &operation.name) {
            all.retain(|other, _| other == name.as_str());
        }
        let mut request = Request::new("").variables(variables);
        request.operation_name = asked.operation_name;
        request.set_parsed_query(parsed);
        Ok(Screened {
            kind: kind(operation.operation_type),
            name: operation.name.as_ref().map(ToString::to_string),
            roots,
            request,
            form,
        })
    }

    /// The text of what is asked for: sent, left here before, or registered.
    pub(super) fn text_of(&self, asked: &Asked) -> Result<Arc<str>, Errors> {
        let hash = persisted_hash(asked)?;
        let id = asked.document_id.as_deref().map(|id| id.strip_prefix("sha256:").unwrap_or(id));
        if let Some(registered) = &self.registered {
            let by_id = || hash.as_deref().or(id).and_then(|id| registered.by_id(id));
            let found = asked.query.as_deref().or_else(by_id);
            return found.map(Into::into).ok_or_else(|| vec![not_found()]);
        }
        match (&asked.query, hash) {
            (Some(text), Some(hash)) if persisted::hash(text) != hash => {
                Err(vec![coded("The hash is not that of the document.", "BAD_REQUEST")])
            }
            (Some(text), _) => Ok(text.as_str().into()),
            (None, hash) => {
                let kept = hash.as_deref().or(id).and_then(|hash| self.persisted.get(hash));
                kept.ok_or_else(|| vec![not_found()])
            }
        }
    }

    /// A document that was found good before: nothing has to be read.
    pub(super) fn known(&self, text: &str) -> Option<Arc<Read>> {
        if text.len() > KEPT_AT_MOST { None } else { self.known.get(&persisted::hash(text)) }
    }

    /// Reads a document that is not known, which is most of the work that a request makes before anybody asks who sent it.
    pub(super) fn learn(&self, text: &str) -> Result<Arc<Read>, Errors> {
        if self.registered.as_ref().is_some_and(|registered| !registered.holds(text)) {
            return Err(vec![coded("Only the operations of the published apps are taken here.", "FORBIDDEN")]);
        }
        let document = Arc::new(self.read(text)?);
        if text.len() <= KEPT_AT_MOST {
            self.known.insert(persisted::hash(text), document.clone());
        }
        Ok(document)
    }

    fn read(&self, text: &str) -> Result<Read, Errors> {
        let scanned = scan(text);
        at_most("tokens", self.limits.tokens, scanned.tokens)?;
        at_most("brackets", DEEPEST, scanned.brackets)?;
        let ast =
            Parser::new().parse_ast(text, "document").map_err(|failed| told(&failed.errors, "GRAPHQL_PARSE_FAILED"))?;
        if scan(&ast.to_string()).tokens != scanned.tokens.saturating_add_signed(keywords(&ast, text)) {
            let message =
                "syntax error: an argument is a name, a colon and a value, and nothing else stands between them";
            return Err(vec![coded(message, "GRAPHQL_PARSE_FAILED")]);
        }
        self.limits.check(&count(&ast))?;
        let typed = ast.to_executable_validate(&self.schema).or_else(overlook_new_introspection)?;
        self.scalars.check_document(&self.schema, &typed)?;
        let twice = "A mutation under a condition cannot share its key with another one; give it an alias.";
        let executed =
            for_execution(&self.schema, &typed).ok_or_else(|| vec![coded(twice, "GRAPHQL_VALIDATION_FAILED")])?;
        let parsed = async_graphql::parser::parse_query(executed.to_string())
            .map_err(|error| vec![coded(ServerError::from(error).message, "GRAPHQL_PARSE_FAILED")])?;
        Ok(Read { parsed, typed: Arc::new(typed), length: text.len() })
    }

    /// The root fields of an operation, through its fragments.
    fn roots(&self, document: &ExecutableDocument, operation: &Operation) -> Result<Vec<String>, Errors> {
        // One of each response key: fields of one key are merged into one.
        let by_key: BTreeMap<_, _> =
            operation.root_fields(document).map(|field| (field.response_key(), &field.name)).collect();
        let roots: Vec<String> = by_key.values().map(ToString::to_string).collect();
        if !self.introspection && roots.iter().any(|field| matches!(field.as_str(), "__schema" | "__type")) {
            return Err(vec![coded("Introspection is switched off here.", "GRAPHQL_VALIDATION_FAILED")]);
        }
        if operation.operation_type == OperationType::Mutation {
            at_most("mutations", self.limits.mutations, roots.len())?;
        }
        Ok(roots)
    }

    /// The variables with their defaults, as their types have it: nothing is executed with a wrong one.
    fn variables(&self, operation: &Operation, given: serde_json::Map<String, Value>) -> Result<Variables, Errors> {
        let given = Value::Object(given);
        at_most("variables_bytes", self.limits.variables_bytes, given.to_string().len())?;
        let given: JsonMap =
            serde_json::from_value(given).map_err(|error| vec![wrong_variables(&error.to_string())])?;
        let coerced = coerce_variable_values(&self.schema, operation, &given)
            .map_err(|error| vec![wrong_variables(&error.message().to_string())])?;
        let coerced = serde_json::to_value(&*coerced).map_err(|error| vec![wrong_variables(&error.to_string())])?;
        let coerced = Variables::from_json(coerced);
        self.scalars.check_variables(&self.schema, operation, &coerced)?;
        Ok(coerced)
    }
}

/// How many more tokens a document has once it was read and written again. apollo-parser leaps over words between brackets
/// that it can make nothing of, as in `(on first: 1)`, so the number tells whether it read all of them; but the keyword of
/// a query without a name is left out at the beginning of what is written, and put in further down.
fn keywords(document: &Document, text: &str) -> isize {
    let bare = |definition: &Definition| match definition {
        Definition::OperationDefinition(operation) => {
            operation.operation_type == OperationType::Query
                && operation.name.is_none()
                && operation.variables.is_empty()
                && operation.directives.is_empty()
        }
        _ => false,
    };
    let Some(place) = document.definitions.iter().position(bare) else { return 0 };
    let begins = document.definitions[place].location().and_then(|location| text.get(location.offset()..));
    let had = begins.is_some_and(|begins| begins.starts_with("query"));
    isize::from(place > 0) - isize::from(had)
}

/// Reads the text of a schema, once for all screens of the process: it never changes while the program runs.
pub fn read_schema(sdl: impl FnOnce() -> String) -> Arc<Valid<Schema>> {
    static READ: OnceLock<Arc<Valid<Schema>>> = OnceLock::new();
    READ.get_or_init(|| {
        let schema = Schema::parse_and_validate(sdl(), "schema.graphql");
        Arc::new(schema.expect("the schema that async-graphql writes is a valid one; a test reads it"))
    })
    .clone()
}

/// apollo-compiler 1.x does not know the newest fields of introspection (`isOneOf`), which graphql-js asks for; async-graphql
/// answers them.
fn overlook_new_introspection(failed: WithErrors<ExecutableDocument>) -> Result<Valid<ExecutableDocument>, Errors> {
    let of_introspection =
        |message: &str| message.starts_with("type `__") && message.contains("does not have a field `is");
    if failed.errors.iter().all(|error| of_introspection(&error.to_json().message)) {
        Ok(Valid::assume_valid(failed.partial))
    } else {
        Err(told(&failed.errors, "GRAPHQL_VALIDATION_FAILED"))
    }
}

fn told(errors: &DiagnosticList, code: &str) -> Errors {
    errors.iter().take(ERRORS).map(|error| located(error.to_json(), code)).collect()
}

fn located(error: GraphQLError, code: &str) -> ServerError {
    let mut told = coded(shortened(error.message), code);
    told.locations = error.locations.iter().map(|at| Pos { line: at.line, column: at.column }).collect();
    told
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

fn wrong_variables(message: &str) -> ServerError {
    coded(shortened(message.into()), "BAD_USER_INPUT")
}

fn resolution(error: &RequestError) -> Errors {
    vec![coded(error.message().to_string(), "OPERATION_RESOLUTION_FAILURE")]
}

/// In Apollo's words, which some clients match.
fn not_found() -> ServerError {
    coded("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
}

/// The hash of Apollo's `persistedQuery` extension.
fn persisted_hash(asked: &Asked) -> Result<Option<String>, Errors> {
    let Some(extension) = asked.extensions.get("persistedQuery") else { return Ok(None) };
    let hash = extension.get("sha256Hash").and_then(Value::as_str);
    match (extension.get("version").and_then(Value::as_i64), hash) {
        (Some(1), Some(hash)) if hash.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            Ok(Some(hash.to_ascii_lowercase()))
        }
        // An id that a manifest gave.
        (Some(1), Some(id)) => Ok(Some(id.to_owned())),
        _ => Err(vec![coded(
            "Only version 1 of persisted queries is known, with a `sha256Hash`.",
            "PERSISTED_QUERY_NOT_SUPPORTED",
        )]),
    }
}

fn kind(kind: OperationType) -> Kind {
    match kind {
        OperationType::Query => Kind::Query,
        OperationType::Mutation => Kind::Mutation,
        OperationType::Subscription => Kind::Subscription,
    }
}

fn unfit(text: &str, errors: &Errors) -> String {
    let start: String = text.lines().find(|line| !line.trim_start().starts_with('#')).unwrap_or_default().into();
    let why = errors.first().map_or("", |error| error.message.as_str());
    format!("the registered operation that begins with `{}` does not fit the schema: {why}", start.trim())
}
