//! What everybody sees of what they can reach, field by field: `tests/output/fields.txt`. The documents are made from the
//! schema: each query and subscription of `root_fields_asked.rs` with every field that its answer has, and with what is
//! reached through it. So a new field is in the reviewed file without anybody's doing, with who sees it.

use std::collections::{BTreeMap, BTreeSet};

use boai::platform::node::decode;
use boai_tests::{Field, Person, Schema, reviewed, stories};
use serde_json::Value;

use crate::{
    askers::{Asker, settle},
    root_fields::{answer, end_line},
    root_fields_asked::{Operation, operations},
};

const INTRODUCTION: &str = "\
What everybody sees of what they reach, field by field. Who asks is as in root_fields.txt. All ask about the same things.

yes      what `themself` sees, or who else sees most
own      something else: one's own
masked   a name without its middle
·        nothing: null, or an empty list

Fields with the same answers stand together; `a. b c` are the fields b and c of what is reached through a. Of `b{}` only
whether it is there was asked: what is in it stands elsewhere.
";

const COLUMN: usize = 15;
/// Objects that are followed, one within another.
const DEPTH: usize = 3;

/// A field with its arguments as an entry's document asks for it, and what is to be selected of it.
pub fn deep(schema: &Schema, operation: &Operation) -> String {
    let document = &operation.document;
    let start = document.find(operation.field).expect("the document asks for its field");
    let mut open = 0;
    let mut quoted = false;
    let end = document[start..].find(|c| {
        quoted ^= c == '"';
        open += i32::from(!quoted && c == '(') - i32::from(!quoted && c == ')');
        !quoted && open == 0 && c == '{'
    });
    let call = &document[start..start + end.expect("something is selected")];
    let of = &schema.field(operation.root, operation.field).of.name;
    let selection = match node_type(document) {
        // What has an id without being a node is asked for all the same, and must be nothing.
        Some(type_name) if of == "Node" && !schema.get(of).possible_types.contains(&type_name) => {
            "__typename id".into()
        }
        Some(type_name) if of == "Node" => {
            format!("... on {type_name} {{ {} }}", selection(schema, &type_name, &mut vec![]))
        }
        _ => selection(schema, of, &mut vec![]),
    };
    format!("{} {{ {call} {{ {selection} }} }}", operation.root.to_lowercase())
}

/// The type that the first global id in a document names.
fn node_type(document: &str) -> Option<String> {
    let mut quoted = document.split('"').skip(1).step_by(2);
    quoted.find_map(|text| Some(decode(text)?.0))
}

/// All fields of a type that can be asked for without arguments, those of objects with theirs.
fn selection(schema: &Schema, of: &str, within: &mut Vec<String>) -> String {
    let mut text = if is_page(of) { String::new() } else { "__typename".to_owned() };
    within.push(of.to_owned());
    for field in &schema.get(of).fields {
        text.push_str(&selected(schema, field, within));
    }
    within.pop();
    text
}

fn selected(schema: &Schema, field: &Field, within: &mut Vec<String>) -> String {
    let of = &field.of.name;
    // Of a page the edges are enough, and what leads back is not followed.
    let depth = within.iter().filter(|name| !is_page(name)).count();
    if field.needs_arguments() || field.name == "pageInfo" || field.name == "cursor" {
        return String::new();
    }
    if schema.get(of).is_leaf() {
        return format!(" {}", field.name);
    }
    if field.name == "nodes" && is_page(&within[within.len() - 1]) {
        return String::new();
    }
    // `shiftPages` shows the same, at a price that a query of everything can pay.
    if field.name == "shifts" && within.last().is_some_and(|of| of == "Activity") {
        return " shifts { id }".into();
    }
    let page = match field.name.as_str() {
        _ if !field.takes("first") => "",
        // Acts of one frozen moment come in any order, so a short page would show now these and now those.
        "auditTrail" | "whoLooked" => "(first: 100)",
        _ => "(first: 2)",
    };
    let inner = if !is_page(of) && (depth == DEPTH || within.contains(of)) {
        "__typename".into()
    } else {
        selection(schema, of, within)
    };
    format!(" {}{page} {{ {inner} }}", field.name)
}

fn is_page(of: &str) -> bool {
    of.ends_with("Connection") || of.ends_with("Edge")
}

/// Every value of an answer by its path, without places in lists.
type Seen = BTreeMap<String, Vec<Value>>;

fn look(value: &Value, path: &str, seen: &mut Seen) {
    match value {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("__typename") => {
            seen.entry(format!("{path}{{}}")).or_default().push(fields["__typename"].clone());
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                match name.as_str() {
                    "__typename" => {}
                    "edges" | "node" => look(field, path, seen),
                    _ if path.is_empty() => look(field, name, seen),
                    _ => look(field, &format!("{path}.{name}"), seen),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, path, seen)),
        Value::Null => {}
        _ => seen.entry(path.to_owned()).or_default().push(value.clone()),
    }
}

async fn see(who: &Person<'_>, operation: &Operation, document: String) -> Seen {
    let deep = Operation { document, ..*operation };
    let body = answer(who, &deep).await;
    let mut seen = Seen::new();
    // What one is told of oneself is told apart.
    let path = if operation.field == "me" { "me" } else { "" };
    look(&body["data"][operation.field], path, &mut seen);
    // An error at a path says why nothing is seen there; one at the root stands for all.
    for error in body["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().expect("an error has a code");
        assert!(["UNAUTHENTICATED", "FORBIDDEN"].contains(&code), "{} {}: {error}", who.name, deep.document);
    }
    seen
}

fn masked(values: &[Value]) -> bool {
    values.iter().any(|value| value.as_str().is_some_and(|text| text.contains('*')))
}

/// What `themself` sees, or who else sees most.
fn best<'s>(seen: &'s [Seen; 8], path: &str) -> &'s [Value] {
    let order = [Asker::Themself, Asker::Above, Asker::Leader].iter().chain(&Asker::ALL);
    let all: Vec<&Vec<Value>> = order.filter_map(|asker| seen[*asker as usize].get(path)).collect();
    all.iter().find(|values| !masked(values)).or(all.first()).expect("somebody sees it")
}

/// What one asker sees, next to that. Of `me` everything is one's own; some of it is alike by chance.
fn cell(asker: Asker, path: &str, own: Option<&Vec<Value>>, best: &[Value]) -> &'static str {
    match own {
        None => "·",
        Some(values) if path.starts_with("me.") && asker != Asker::Themself => {
            assert!(!["me.id", "me.volunteer.id", "me.sessions.id"].contains(&path) || values != best, "{path}");
            "own"
        }
        Some(values) if values == best => "yes",
        Some(values) if masked(values) => "masked",
        Some(_) => "own",
    }
}

/// The lines of one entry: answers, and by object the fields that have them.
fn lines(seen: &[Seen; 8]) -> String {
    let paths: BTreeSet<&String> = seen.iter().flat_map(Seen::keys).collect();
    let mut groups: BTreeMap<(&str, [&str; 8]), Vec<&str>> = BTreeMap::new();
    for path in paths {
        let cells = Asker::ALL.map(|asker| cell(asker, path, seen[asker as usize].get(path), best(seen, path)));
        let (object, field) = path.rsplit_once('.').unwrap_or(("", path));
        groups.entry((object, cells)).or_default().push(field);
    }
    if groups.is_empty() {
        groups.insert(("", ["·"; 8]), Vec::new());
    }
    let mut text = String::new();
    for ((object, cells), fields) in groups {
        cells.iter().for_each(|cell| text.push_str(&format!("{cell:<COLUMN$}")));
        text.push_str(&if object.is_empty() { String::new() } else { format!("{object}. ") });
        text.push_str(&fields.join(" "));
        end_line(&mut text);
    }
    text
}

/// Types with an id of their own, and those that entries ask `node` for.
fn asked_by_id(schema: &Schema, asked: &[Operation]) -> (BTreeSet<String>, BTreeSet<String>) {
    let has_id = |fields: &[Field]| fields.iter().any(|field| field.name == "id" && field.of.name == "ID");
    let objects = schema.types.values().filter(|of| of.kind == "OBJECT" && has_id(&of.fields));
    // A person's own file has the volunteer's id.
    let types = objects.map(|of| of.name.clone()).filter(|name| name != "MyVolunteer").collect();
    let asked = asked.iter().filter(|entry| entry.field == "node").filter_map(|entry| node_type(&entry.document));
    (types, asked.collect())
}

stories! {
    async fn everybody_sees_of_each_field_what_was_reviewed(town: Town) {
        let (scene, themself) = settle(&town).await;
        let schema = Schema::of(&town).await;
        let mut askers = Vec::new();
        for asker in Asker::ALL {
            askers.push(asker.comes(&town, &themself).await);
        }
        let asked = operations(&scene, &themself);
        let (types, by_id) = asked_by_id(&schema, &asked);
        assert_eq!(types, by_id, "each type with an id needs an entry for `node` in root_fields_asked.rs");
        let mut text = format!("{INTRODUCTION}\n");
        Asker::ALL.iter().for_each(|asker| text.push_str(&format!("{:<COLUMN$}", asker.name())));
        end_line(&mut text);
        let mut documents = BTreeSet::new();
        for operation in asked.iter().filter(|one| one.root != "Mutation" && !one.leaf(&schema)) {
            let document = deep(&schema, operation);
            // Two entries may differ only in what they look at.
            if !documents.insert(document.clone()) {
                continue;
            }
            let what = if operation.what.is_empty() { String::new() } else { format!(" ({})", operation.what) };
            text.push_str(&format!("\n{}.{}{what}\n", operation.root, operation.field));
            let mut seen: [Seen; 8] = Default::default();
            for (place, who) in askers.iter().enumerate() {
                seen[place] = see(who, operation, document.clone()).await;
            }
            text.push_str(&lines(&seen));
        }
        reviewed("fields.txt", &text);
    }
}

impl Operation {
    /// Has nothing to select.
    fn leaf(&self, schema: &Schema) -> bool {
        schema.get(&schema.field(self.root, self.field).of.name).is_leaf()
    }
}
