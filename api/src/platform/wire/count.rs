//! Counts a document as if all its fragments stood in their places, without putting them there: each fragment is counted
//! once. (Ten fragments that each spread the next twice are a thousand fields in 300 bytes, forty of them are 10¹².)

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, DirectiveList, Document, FragmentDefinition, Selection};

/// What a document comes to, over all its operations; numbers too great for the type stay at its greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub depth: usize,
    pub fields: usize,
    pub aliases: usize,
    pub directives: usize,
    /// Fragments that are defined, used or not.
    pub fragments: usize,
}

impl Counts {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            fragments: self.fragments.saturating_add(other.fragments),
        }
    }

    fn below_a_field(self) -> Self {
        Self { depth: self.depth.saturating_add(1), fields: self.fields.saturating_add(1), ..self }
    }
}

/// Counts all operations and all fragments, also those that no operation uses: validation will walk them too.
pub fn count(document: &Document) -> Counts {
    let mut counter = Counter::default();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            // Of two with one name the first counts; the document will not be valid.
            counter.fragments.entry(fragment.name.as_str()).or_insert(fragment);
        }
    }
    let mut all = Counts::default();
    for definition in &document.definitions {
        all = all.beside(match definition {
            Definition::OperationDefinition(operation) => {
                let variables = operation.variables.iter().map(|variable| &variable.directives);
                let directives =
                    variables.fold(directives(&operation.directives), |sum, list| sum.beside(directives(list)));
                counter.selections(&operation.selection_set).beside(directives)
            }
            Definition::FragmentDefinition(fragment) => {
                counter.fragment(&fragment.name);
                Counts { fragments: 1, ..Counts::default() }
            }
            _ => Counts::default(),
        });
    }
    let deepest = counter.counted.values().flatten().fold(all.depth, |depth, fragment| depth.max(fragment.depth));
    Counts { depth: deepest, ..all }
}

#[derive(Default)]
struct Counter<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
    /// None while a fragment is being counted: one that spreads itself is refused by validation, and ends here.
    counted: HashMap<&'d str, Option<Counts>>,
}

impl<'d> Counter<'d> {
    fn selections(&mut self, selections: &'d [Selection]) -> Counts {
        selections.iter().map(|selection| self.selection(selection)).fold(Counts::default(), Counts::beside)
    }

    fn selection(&mut self, selection: &'d Selection) -> Counts {
        match selection {
            Selection::Field(field) => {
                let alias = Counts { aliases: usize::from(field.alias.is_some()), ..Counts::default() };
                let below = self.selections(&field.selection_set).below_a_field();
                below.beside(alias).beside(directives(&field.directives))
            }
            Selection::InlineFragment(inline) => {
                self.selections(&inline.selection_set).beside(directives(&inline.directives))
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.fragment_name).beside(directives(&spread.directives))
            }
        }
    }

    fn fragment(&mut self, name: &str) -> Counts {
        let Some((name, fragment)) = self.fragments.get_key_value(name).map(|(name, fragment)| (*name, *fragment))
        else {
            return Counts::default();
        };
        if let Some(counted) = self.counted.get(name) {
            return counted.unwrap_or_default();
        }
        self.counted.insert(name, None);
        let counts = self.selections(&fragment.selection_set).beside(directives(&fragment.directives));
        self.counted.insert(name, Some(counts));
        counts
    }
}

fn directives(list: &DirectiveList) -> Counts {
    Counts { directives: list.len(), ..Counts::default() }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;

    use super::*;

    fn counted(document: &str) -> Counts {
        count(&Parser::new().parse_ast(document, "test").unwrap())
    }

    #[test]
    fn fragments_count_where_they_are_spread() {
        let counts =
            counted("query Q($a: Int @x) { a b: c { d @skip(if: true) ...F } ...F } fragment F on T { e f: g { h } }");
        assert_eq!(counts, Counts { depth: 3, fields: 9, aliases: 3, directives: 2, fragments: 1 });
    }

    #[test]
    fn a_bomb_of_fragments_is_counted_at_once() {
        let mut document = "{ ...F0 } fragment F99 on T { a }".to_owned();
        for n in 0..99 {
            document += &format!(" fragment F{n} on T {{ ...F{0} ...F{0} }}", n + 1);
        }
        assert_eq!(counted(&document).fields, usize::MAX);
    }

    #[test]
    fn a_fragment_that_spreads_itself_comes_to_an_end() {
        assert_eq!(counted("{ ...A } fragment A on T { a ...B } fragment B on T { b ...A }").fields, 2);
    }

    #[test]
    fn a_fragment_that_nobody_uses_counts_for_its_depth() {
        assert_eq!(counted("{ a } fragment A on T { a { b { c } } }").depth, 3);
    }
}
