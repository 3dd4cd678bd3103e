//! Gives an answer the form that the specification wants. async-graphql 7.2 lists fields in the order in which they were
//! ready, leaves out a field that failed instead of answering null (or, where null cannot be, taking back the object around
//! it), answers null for an object none of whose fields were asked for, and runs a mutation twice whose key is asked for
//! twice.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::{DirectiveList, OperationType, Type, Value as Literal},
    executable::{Field, Operation, Selection, SelectionSet},
    name,
    schema::ExtendedType,
    validation::Valid,
};
use async_graphql::{Name, PathSegment, Pos, Response as Answer, ServerError, Value, Variables};

/// The key of a `__typename` that is put where the answer's form depends on it, and taken out again.
const HIDDEN: &str = "wire__typename";
/// Most errors of fields that one answer tells.
const ERRORS: usize = 100;

/// The same document for the executor: it says what it otherwise would not, and no mutation stands twice under one key.
/// None when that would take more than this can do.
pub fn for_execution(schema: &Schema, document: &Valid<ExecutableDocument>) -> Option<ExecutableDocument> {
    let mut written = ExecutableDocument::clone(document);
    for operation in document.operations.iter() {
        let own = match &operation.name {
            Some(name) => written.operations.named.get_mut(name)?,
            None => written.operations.anonymous.as_mut()?,
        }
        .make_mut();
        if own.operation_type == OperationType::Mutation {
            merge_roots(document, own)?;
        }
        name_types(schema, document, &mut own.selection_set);
        if own.operation_type != OperationType::Subscription {
            hide_a_typename(schema, document, &mut own.selection_set);
        }
    }
    for fragment in written.fragments.values_mut() {
        name_types(schema, document, &mut fragment.make_mut().selection_set);
    }
    Some(written)
}

/// One field for each key. Where a condition stands at the root and a key comes twice, it cannot be told before the
/// variables are known.
fn merge_roots(document: &ExecutableDocument, operation: &mut Operation) -> Option<()> {
    let fields: Vec<_> = operation.root_fields(document).cloned().collect();
    // A type's name may be told twice.
    let mutations: Vec<_> = fields.iter().filter(|field| field.name != "__typename").collect();
    let keys: HashSet<_> = mutations.iter().map(|field| field.response_key()).collect();
    if keys.len() == mutations.len() {
        return Some(());
    }
    if conditional(document, &operation.selection_set) {
        return None;
    }
    let mut merged: Vec<Node<Field>> = Vec::new();
    for field in fields {
        match merged.iter_mut().find(|earlier| earlier.response_key() == field.response_key()) {
            Some(earlier) => earlier.make_mut().selection_set.extend(field.selection_set.selections.iter().cloned()),
            None => merged.push(field),
        }
    }
    operation.selection_set.selections = merged.into_iter().map(Selection::Field).collect();
    Some(())
}

/// Whether a condition stands at the root of a selection.
fn conditional(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.selections.iter().any(|selection| {
        !selection.directives().is_empty()
            || match selection {
                Selection::Field(_) => false,
                Selection::InlineFragment(inline) => conditional(document, &inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.fragment_name);
                    fragment.is_some_and(|fragment| conditional(document, &fragment.selection_set))
                }
            }
    })
}

fn name_types(schema: &Schema, document: &ExecutableDocument, set: &mut SelectionSet) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) if !field.selection_set.is_empty() => {
                let below = &mut field.make_mut().selection_set;
                name_types(schema, document, below);
                hide_a_typename(schema, document, below);
            }
            Selection::InlineFragment(inline) => name_types(schema, document, &mut inline.make_mut().selection_set),
            Selection::Field(_) | Selection::FragmentSpread(_) => {}
        }
    }
}

/// Where the fields of an answer depend on its type, and where there may be none at all.
fn hide_a_typename(schema: &Schema, document: &ExecutableDocument, set: &mut SelectionSet) {
    let depends = is_abstract(schema, &set.ty) || !surely_something(document, set);
    if depends && let Ok(field) = set.new_field(schema, name!("__typename")) {
        set.push(field.with_alias(name!("wire__typename")));
    }
}

fn is_abstract(schema: &Schema, name: &str) -> bool {
    matches!(schema.types.get(name), Some(ExtendedType::Interface(_) | ExtendedType::Union(_)))
}

/// Whether something is selected of an object whatever the variables are.
fn surely_something(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.selections.iter().any(|selection| {
        selection.directives().is_empty()
            && match selection {
                Selection::Field(_) => true,
                Selection::InlineFragment(inline) => surely_something(document, &inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.fragment_name);
                    fragment.is_some_and(|fragment| surely_something(document, &fragment.selection_set))
                }
            }
    })
}

/// The form of one operation's answers.
#[derive(Clone)]
pub struct Form {
    pub(super) schema: Arc<Valid<Schema>>,
    pub(super) document: Arc<Valid<ExecutableDocument>>,
    pub(super) operation: Option<String>,
    pub(super) variables: Variables,
}

/// A null that cannot be: the object or list around it becomes null in its place.
struct Impossible;

/// A field that is asked for: its key, its definition, and what is asked of it.
struct Asked<'d> {
    key: &'d str,
    field: &'d Node<Field>,
    below: Vec<&'d SelectionSet>,
}

impl Form {
    /// Puts keys in the order they were asked for, and null where a field failed; names where in the document it stands.
    pub fn complete(&self, answer: &mut Answer) {
        let Ok(operation) = self.document.operations.get(self.operation.as_deref()) else { return };
        answer.errors.truncate(ERRORS);
        let nothing_ran = answer.errors.iter().any(|error| error.path.is_empty());
        if nothing_ran && answer.data == Value::Null {
            return;
        }
        let sets = [&operation.selection_set];
        for error in &mut answer.errors {
            error.locations = self.location(&sets, &error.path).into_iter().collect();
        }
        let data = match std::mem::take(&mut answer.data) {
            Value::Null => Value::Object(Default::default()),
            data => data,
        };
        let view = View { form: self, errors: &answer.errors };
        answer.data = view.object(data, &operation.selection_set.ty, &sets, &mut Vec::new()).unwrap_or(Value::Null);
    }

    /// What a list of selections asks of an object of this type, keys in the order of their first mention.
    fn asked<'d>(&'d self, ty: &str, sets: &[&'d SelectionSet]) -> Vec<Asked<'d>> {
        let mut asked = Vec::new();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect(ty, set, &mut spread, &mut asked);
        }
        asked
    }

    fn collect<'d>(
        &'d self,
        ty: &str,
        set: &'d SelectionSet,
        spread: &mut HashSet<&'d str>,
        asked: &mut Vec<Asked<'d>>,
    ) {
        for selection in set.selections.iter().filter(|selection| self.included(selection.directives())) {
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().as_str();
                    match asked.iter_mut().find(|earlier| earlier.key == key) {
                        Some(earlier) => earlier.below.push(&field.selection_set),
                        None => asked.push(Asked { key, field, below: vec![&field.selection_set] }),
                    }
                }
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|condition| self.is_a(ty, condition)) {
                        self.collect(ty, &inline.selection_set, spread, asked);
                    }
                }
                Selection::FragmentSpread(fragment) => {
                    let name = fragment.fragment_name.as_str();
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if spread.insert(name) && self.is_a(ty, fragment.type_condition()) {
                        self.collect(ty, &fragment.selection_set, spread, asked);
                    }
                }
            }
        }
    }

    fn is_a(&self, ty: &str, condition: &str) -> bool {
        ty == condition || self.schema.is_subtype(condition, ty)
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        let says = |name: &str| {
            let condition = directives.get(name)?.specified_argument_by_name("if")?;
            match condition.as_ref() {
                Literal::Boolean(says) => Some(*says),
                Literal::Variable(name) => Some(self.variables.get(&Name::new(name)) == Some(&Value::Boolean(true))),
                _ => None,
            }
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }

    /// Where the field that failed stands in the document. Whatever type an object had, one key is one field's.
    fn location(&self, sets: &[&SelectionSet], path: &[PathSegment]) -> Option<Pos> {
        let mut sets = sets.to_vec();
        let mut found = None;
        for segment in path {
            let PathSegment::Field(key) = segment else { continue };
            let mut fields = Vec::new();
            for set in sets {
                fields.extend(set.root_fields(&self.document).filter(|field| field.response_key() == key.as_str()));
            }
            found = fields.first().copied();
            sets = fields.iter().map(|field| &field.selection_set).collect();
        }
        let at = found?.location()?.line_column(&self.document.sources)?;
        Some(Pos { line: at.line, column: at.column })
    }
}

struct View<'a> {
    form: &'a Form,
    errors: &'a [ServerError],
}

impl View<'_> {
    fn object(
        &self,
        value: Value,
        ty: &str,
        sets: &[&SelectionSet],
        path: &mut Vec<PathSegment>,
    ) -> Result<Value, Impossible> {
        let Value::Object(mut given) = value else { return Ok(value) };
        let own = given.swap_remove(HIDDEN);
        let ty = match &own {
            Some(Value::String(own)) => own,
            _ => ty,
        };
        let mut given: BTreeMap<Name, Value> = given.into_iter().collect();
        let mut ordered = async_graphql::indexmap::IndexMap::with_capacity(given.len());
        for asked in self.form.asked(ty, sets) {
            path.push(PathSegment::Field(asked.key.to_owned()));
            let value = given.remove(asked.key).or_else(|| self.failed_at_or_below(path).then_some(Value::Null));
            let completed = value.map(|value| self.value(value, asked.field.ty(), &asked.below, path));
            path.pop();
            if let Some(value) = completed {
                ordered.insert(Name::new(asked.key), value?);
            }
        }
        Ok(Value::Object(ordered))
    }

    fn value(
        &self,
        value: Value,
        ty: &Type,
        sets: &[&SelectionSet],
        path: &mut Vec<PathSegment>,
    ) -> Result<Value, Impossible> {
        let completed = match (value, ty) {
            (Value::List(items), Type::List(item) | Type::NonNullList(item)) => {
                let items = items.into_iter().enumerate().map(|(index, value)| {
                    path.push(PathSegment::Index(index));
                    let value = self.value(value, item, sets, path);
                    path.pop();
                    value
                });
                items.collect::<Result<_, _>>().map(Value::List)
            }
            // All that was asked of the object failed; the object itself is there.
            (Value::Null, Type::Named(name) | Type::NonNullNamed(name)) if self.failed_below(path) => {
                self.object(Value::Object(Default::default()), name, sets, path)
            }
            (value @ Value::Object(_), Type::Named(name) | Type::NonNullNamed(name)) if !sets[0].is_empty() => {
                self.object(value, name, sets, path)
            }
            (value, _) => Ok(value),
        };
        match completed.unwrap_or(Value::Null) {
            Value::Null if ty.is_non_null() => Err(Impossible),
            value => Ok(value),
        }
    }

    fn failed_below(&self, path: &[PathSegment]) -> bool {
        self.errors.iter().any(|error| error.path.len() > path.len() && error.path.starts_with(path))
    }

    fn failed_at_or_below(&self, path: &[PathSegment]) -> bool {
        self.errors.iter().any(|error| error.path.starts_with(path))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, ID, Interface, Object, Result, Schema as Executor};

    use super::*;
    use crate::platform::wire::{Limits, Scalars, Screen, asked::Asked};

    struct Root;
    struct Person(i32);
    struct Team;

    #[derive(Interface)]
    #[graphql(field(name = "id", ty = "ID"))]
    enum Node {
        Person(Person),
        Team(Team),
    }

    #[Object]
    impl Person {
        async fn id(&self) -> ID {
            self.0.into()
        }
        async fn name(&self) -> String {
            tokio::task::yield_now().await;
            "王明".into()
        }
        async fn phone(&self) -> Result<Option<String>> {
            Err("no phone".into())
        }
        async fn number(&self) -> Result<i32> {
            if self.0 == 1 { Err("no number".into()) } else { Ok(self.0) }
        }
    }

    #[Object]
    impl Team {
        async fn id(&self) -> ID {
            "t".into()
        }
        async fn name(&self) -> &str {
            "队"
        }
    }

    #[Object]
    impl Root {
        async fn slow(&self) -> i32 {
            tokio::task::yield_now().await;
            1
        }
        async fn fast(&self) -> i32 {
            2
        }
        async fn person(&self, number: i32) -> Option<Person> {
            (number > 0).then_some(Person(number))
        }
        async fn sure(&self, number: i32) -> Person {
            Person(number)
        }
        async fn people(&self) -> Vec<Option<Person>> {
            vec![Some(Person(2)), Some(Person(1))]
        }
        async fn all(&self) -> Option<Vec<Person>> {
            Some(vec![Person(2), Person(1)])
        }
        async fn nodes(&self) -> Vec<Node> {
            vec![Person(2).into(), Team.into()]
        }
    }

    async fn answered(query: &str, variables: &str) -> String {
        let executor = Executor::new(Root, EmptyMutation, EmptySubscription);
        let schema = Schema::parse_and_validate(executor.sdl(), "schema.graphql").unwrap();
        let screen = Screen::new(Arc::new(schema), Scalars::default(), Limits::default(), true, None).unwrap();
        let asked = Asked {
            query: Some(query.into()),
            variables: serde_json::from_str(variables).unwrap(),
            ..Asked::default()
        };
        let operation = screen.screen(asked).unwrap();
        let mut answer = executor.execute(operation.request).await;
        operation.form.complete(&mut answer);
        let at = |error: &ServerError| {
            let path: Vec<String> = error.path.iter().map(|part| serde_json::to_string(part).unwrap()).collect();
            format!(" {}@{}:{}", path.join("/").replace('"', ""), error.locations[0].line, error.locations[0].column)
        };
        let errors: String = answer.errors.iter().map(at).collect();
        serde_json::to_string(&answer.data).unwrap().replace('"', "") + &errors
    }

    #[tokio::test]
    async fn keys_come_in_the_order_of_the_document() {
        assert_eq!(
            answered("{ slow fast a: slow ...F } fragment F on Root { fast b: fast }", "{}").await,
            "{slow:1,fast:2,a:1,b:2}"
        );
        let order = "query($s: Boolean!) { ...F @skip(if: $s) slow ...F } fragment F on Root { fast }";
        assert_eq!(answered(order, r#"{"s":true}"#).await, "{slow:1,fast:2}");
        assert_eq!(answered(order, r#"{"s":false}"#).await, "{fast:2,slow:1}");
        let parts = "{ person(number: 2) { name } fast person(number: 2) { id name } }";
        assert_eq!(answered(parts, "{}").await, "{person:{name:王明,id:2},fast:2}");
        let types = "{ nodes { ... on Team { name } id ... on Person { number name } } }";
        assert_eq!(answered(types, "{}").await, "{nodes:[{id:2,number:2,name:王明},{name:队,id:t}]}");
    }

    #[tokio::test]
    async fn a_field_that_failed_is_null_where_it_may_be() {
        assert_eq!(
            answered("{ person(number: 2) { phone id } }", "{}").await,
            "{person:{phone:null,id:2}} person/phone@1:23"
        );
        assert_eq!(answered("{ person(number: 2) { phone } }", "{}").await, "{person:{phone:null}} person/phone@1:23");
        assert_eq!(
            answered("{ person(number: 1) { number } fast }", "{}").await,
            "{person:null,fast:2} person/number@1:23"
        );
        assert_eq!(answered("{ person(number: 1) { id number } }", "{}").await, "{person:null} person/number@1:26");
        assert_eq!(answered("{ fast sure(number: 1) { id number } }", "{}").await, "null sure/number@1:29");
        assert_eq!(
            answered("{ people { id number } }", "{}").await,
            "{people:[{id:2,number:2},null]} people/1/number@1:15"
        );
        assert_eq!(answered("{ all { id number } fast }", "{}").await, "{all:null,fast:2} all/1/number@1:12");
        assert_eq!(answered("{ person(number: 0) { phone number } }", "{}").await, "{person:null}");
    }

    #[tokio::test]
    async fn an_object_of_which_nothing_is_asked_is_empty_and_not_null() {
        let query = "query($s: Boolean!) { person(number: 2) { id @skip(if: $s) } none: person(number: 0) { id @skip(if: $s) } }";
        assert_eq!(answered(query, r#"{"s":true}"#).await, "{person:{},none:null}");
        assert_eq!(answered(query, r#"{"s":false}"#).await, "{person:{id:2},none:null}");
        assert_eq!(answered("{ ...F } fragment F on Root { fast @include(if: false) }", "{}").await, "{}");
    }
}
