//! Values, where apollo-compiler lets too much pass: anything for a scalar of the schema's own, a variable that may be null
//! in a list or an object where null cannot be, a default of null in such a place, and one field of an object twice.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{DirectiveList, InputValueDefinition, Type, Value as Literal, VariableDefinition},
    executable::{Operation, Selection},
    parser::SourceSpan,
};
use async_graphql::{InputType, Pos, ServerError, Value, Variables};

use super::coded;

type Read = fn(Value) -> Result<(), String>;
type Checked = Result<(), ServerError>;

/// How the scalars of a schema are read, by their names.
#[derive(Clone, Default)]
pub struct Scalars(HashMap<String, Read>);

impl Scalars {
    /// And this one: read as it will be when the operation runs, so that a wrong value is found before anything runs.
    pub fn and<T: InputType>(mut self) -> Self {
        let read: Read =
            |value| T::parse(Some(value)).map(drop).map_err(|error| error.into_server_error(NOWHERE).message);
        self.0.insert(T::type_name().into_owned(), read);
        self
    }

    /// The scalars of a schema that nobody reads here.
    pub fn missing<'s>(&self, schema: &'s Schema) -> Vec<&'s str> {
        let own = schema.types.iter().filter(|(_, ty)| ty.is_scalar() && !ty.is_built_in());
        own.map(|(name, _)| name.as_str()).filter(|name| !self.0.contains_key(*name)).collect()
    }

    fn read(&self, name: &str, value: Value) -> Result<(), String> {
        self.0.get(name).map_or(Ok(()), |read| read(value))
    }

    /// Refuses the first wrong value that is written in a document whose types are right.
    pub fn check_document(&self, schema: &Schema, document: &ExecutableDocument) -> Checked {
        for operation in document.operations.iter() {
            let reader = Reader { scalars: self, schema, document, variables: &operation.variables };
            for variable in &operation.variables {
                variable.default_value.iter().try_for_each(|default| reader.value(&variable.ty, default))?;
            }
            for selection in selections(document, operation) {
                reader.directives(selection.directives())?;
                let Selection::Field(field) = selection else { continue };
                for argument in &field.arguments {
                    let place = field.definition.argument_by_name(&argument.name);
                    place.map_or(Ok(()), |place| reader.place(place, &argument.value))?;
                }
            }
        }
        Ok(())
    }

    /// Refuses the first wrong value of an operation's variables, which have their defaults and the right types.
    pub fn check_variables(&self, schema: &Schema, operation: &Operation, variables: &Variables) -> Checked {
        for variable in &operation.variables {
            let Some(value) = variables.get(&async_graphql::Name::new(&variable.name)) else { continue };
            self.check(schema, &variable.ty, value, &format!("${}", variable.name))
                .map_err(|message| coded(message, "BAD_USER_INPUT"))?;
        }
        Ok(())
    }

    fn check(&self, schema: &Schema, ty: &Type, value: &Value, path: &str) -> Result<(), String> {
        match (value, ty) {
            (Value::Null, _) => Ok(()),
            (Value::List(items), Type::List(item) | Type::NonNullList(item)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, value)| self.check(schema, item, value, &format!("{path}[{index}]")))
            }
            (value, Type::List(item) | Type::NonNullList(item)) => self.check(schema, item, value, path),
            (value, Type::Named(name) | Type::NonNullNamed(name)) => match (value, schema.get_input_object(name)) {
                (Value::Object(fields), Some(input)) => fields.iter().try_for_each(|(name, value)| {
                    let Some(place) = input.fields.get(name.as_str()) else { return Ok(()) };
                    self.check(schema, &place.ty, value, &format!("{path}.{name}"))
                }),
                _ => self.read(name, value.clone()).map_err(|why| format!("`{path}`: {why}")),
            },
        }
    }
}

/// Refuses null where it decides whether something is skipped: a variable with a default may be null, a condition may not.
pub fn check_conditions(document: &ExecutableDocument, operation: &Operation, variables: &Variables) -> Checked {
    let is_null = |name: &Name| variables.get(&async_graphql::Name::new(name)) == Some(&Value::Null);
    if !operation.variables.iter().any(|variable| is_null(&variable.name)) {
        return Ok(());
    }
    for selection in selections(document, operation) {
        for argument in selection.directives().iter().flat_map(|directive| &directive.arguments) {
            if let Literal::Variable(name) = &*argument.value
                && is_null(name)
            {
                let message =
                    format!("`${name}` is null, but decides whether something is skipped: give true or false.");
                return Err(coded(message, "BAD_USER_INPUT"));
            }
        }
    }
    Ok(())
}

/// Everything that an operation selects, through its fragments, each fragment once.
fn selections<'d>(document: &'d ExecutableDocument, operation: &'d Operation) -> impl Iterator<Item = &'d Selection> {
    let mut left: Vec<_> = operation.selection_set.selections.iter().collect();
    let mut spread = HashSet::new();
    std::iter::from_fn(move || {
        let selection = left.pop()?;
        let below = match selection {
            Selection::Field(field) => Some(&field.selection_set),
            Selection::InlineFragment(inline) => Some(&inline.selection_set),
            Selection::FragmentSpread(fragment) => spread
                .insert(&fragment.fragment_name)
                .then(|| document.fragments.get(&fragment.fragment_name))
                .flatten()
                .map(|fragment| &fragment.selection_set),
        };
        left.extend(below.iter().flat_map(|set| &set.selections));
        Some(selection)
    })
}

const NOWHERE: Pos = Pos { line: 0, column: 0 };

/// Reads the literals of one operation.
struct Reader<'a> {
    scalars: &'a Scalars,
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a [Node<VariableDefinition>],
}

impl Reader<'_> {
    fn directives(&self, directives: &DirectiveList) -> Checked {
        for directive in directives.iter() {
            let Some(definition) = self.schema.directive_definitions.get(&directive.name) else { continue };
            for argument in &directive.arguments {
                let place = definition.argument_by_name(&argument.name);
                place.map_or(Ok(()), |place| self.place(place, &argument.value))?;
            }
        }
        Ok(())
    }

    /// An argument or a field of an input object: one that has a default may be given nothing.
    fn place(&self, place: &InputValueDefinition, value: &Node<Literal>) -> Checked {
        match &**value {
            Literal::Variable(name) if place.default_value.is_some() => {
                self.variable(name, &place.ty.as_ref().clone().nullable(), value)
            }
            _ => self.value(&place.ty, value),
        }
    }

    fn value(&self, ty: &Type, value: &Node<Literal>) -> Checked {
        match (&**value, ty) {
            (Literal::Variable(name), _) => self.variable(name, ty, value),
            (Literal::Null, _) => Ok(()),
            (Literal::List(items), Type::List(item) | Type::NonNullList(item)) => {
                items.iter().try_for_each(|value| self.value(item, value))
            }
            (_, Type::List(item) | Type::NonNullList(item)) => self.value(item, value),
            (literal, Type::Named(name) | Type::NonNullNamed(name)) => {
                match (literal, self.schema.get_input_object(name)) {
                    (Literal::Object(fields), Some(input)) => {
                        let mut given = HashSet::new();
                        fields.iter().try_for_each(|(name, value)| {
                            if !given.insert(name) {
                                return Err(
                                    self.invalid(format!("The field `{name}` is given twice."), value.location())
                                );
                            }
                            input.fields.get(name).map_or(Ok(()), |place| self.place(place, value))
                        })
                    }
                    _ => self
                        .scalars
                        .read(name, constant(literal))
                        .map_err(|why| self.at(coded(why, "BAD_USER_INPUT"), value.location())),
                }
            }
        }
    }

    /// Whether a variable can stand where a value of this type is expected.
    fn variable(&self, name: &Name, ty: &Type, value: &Node<Literal>) -> Checked {
        let Some(variable) = self.variables.iter().find(|variable| variable.name == *name) else { return Ok(()) };
        let default = variable.default_value.as_ref().is_some_and(|default| !default.is_null());
        let fits = match default {
            true => variable.ty.is_assignable_to(&ty.clone().nullable()),
            false => variable.ty.is_assignable_to(ty),
        };
        if fits {
            return Ok(());
        }
        let message = format!("`${name}` is of the type `{}`, but `{ty}` is expected here.", variable.ty);
        Err(self.invalid(message, value.location()))
    }

    fn invalid(&self, message: String, location: Option<SourceSpan>) -> ServerError {
        self.at(coded(message, "GRAPHQL_VALIDATION_FAILED"), location)
    }

    fn at(&self, mut error: ServerError, location: Option<SourceSpan>) -> ServerError {
        let found = location.and_then(|location| location.line_column(&self.document.sources));
        error.locations = found.iter().map(|at| Pos { line: at.line, column: at.column }).collect();
        error
    }
}

/// A literal as the executor has it. A variable within a scalar is not known yet, and counts as null.
fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null | Literal::Variable(_) => Value::Null,
        Literal::Enum(name) => Value::Enum(async_graphql::Name::new(name)),
        Literal::String(text) => text.clone().into(),
        Literal::Boolean(says) => (*says).into(),
        Literal::Int(number) => read_number(number.as_str()),
        Literal::Float(number) => read_number(number.as_str()),
        Literal::List(items) => items.iter().map(|item| constant(item)).collect(),
        Literal::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (async_graphql::Name::new(name), constant(value))).collect(),
        ),
    }
}

/// A number is written as in JSON; one that is out of all range stays a text, which no scalar takes for a number.
fn read_number(text: &str) -> Value {
    serde_json::from_str(text).map_or_else(|_| text.into(), Value::Number)
}
