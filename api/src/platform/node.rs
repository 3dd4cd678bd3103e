//! Global ids: opaque outside, typed inside. An id of another type is refused before any table is asked.

use std::borrow::Cow;

use async_graphql::{ID, InputType, InputValueError, InputValueResult, OutputType, Value, registry::Registry};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A typed id that has a global form.
pub trait NodeId: Copy + Send + Sync + 'static {
    /// The GraphQL type that it names.
    const TYPE: &'static str;
    fn from_uuid(uuid: Uuid) -> Self;
    fn uuid(self) -> Uuid;
}

/// The key of nothing, for questions that are asked only to take their time.
pub const NOTHING: Uuid = Uuid::nil();

/// Gives typed ids their GraphQL type's name.
#[macro_export]
macro_rules! node_ids {
    ($($id:ident => $type:literal),* $(,)?) => {$(
        impl $crate::platform::node::NodeId for $id {
            const TYPE: &'static str = $type;
            fn from_uuid(uuid: uuid::Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> uuid::Uuid { self.0 }
        }
    )*};
}

/// The global form of a typed id, for resolvers' arguments, inputs and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalId<T>(pub T);

/// `Type:key`, in base64url.
pub fn encode(type_name: &str, key: &str) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("{type_name}:{key}")))
}

/// The type's name and the key of a global id; none for what this server never gave out.
pub fn decode(id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (type_name, key) = text.split_once(':')?;
    Some((type_name.to_owned(), key.to_owned()))
}

impl<T: NodeId> GlobalId<T> {
    pub fn id(self) -> ID {
        encode(T::TYPE, &self.0.uuid().to_string())
    }

    fn from_text(id: &str) -> Result<Self, String> {
        match decode(id) {
            Some((type_name, key)) if type_name == T::TYPE => Uuid::parse_str(&key)
                .map(|uuid| Self(T::from_uuid(uuid)))
                .map_err(|_| format!("is no id that this server gave out; a {}'s id is expected here", T::TYPE)),
            Some((type_name, _)) if type_name.chars().all(|c| c.is_ascii_alphabetic()) => {
                Err(format!("names a {type_name}; a {}'s id is expected here", T::TYPE))
            }
            _ => Err(format!("is no id that this server gave out; a {}'s id is expected here", T::TYPE)),
        }
    }
}

impl<T: NodeId> std::fmt::Display for GlobalId<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id())
    }
}

impl<T: NodeId> InputType for GlobalId<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let id = ID::parse(value).map_err(InputValueError::propagate)?;
        Self::from_text(&id)
            .map_err(|why| InputValueError::custom(format!("The id {why}.")).with_extension("code", "BAD_USER_INPUT"))
    }

    fn to_value(&self) -> Value {
        self.id().to_value()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: NodeId> OutputType for GlobalId<T> {
    fn type_name() -> Cow<'static, str> {
        <ID as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &async_graphql::ContextSelectionSet<'_>,
        field: &async_graphql::Positioned<async_graphql::parser::types::Field>,
    ) -> async_graphql::ServerResult<Value> {
        self.id().resolve(ctx, field).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct ShiftId(Uuid);
    node_ids! { ShiftId => "Shift" }

    #[test]
    fn an_id_comes_back_and_a_strange_one_says_what_it_is() {
        let id = ShiftId(Uuid::from_u128(7));
        assert_eq!(GlobalId::from_text(&GlobalId(id).id()), Ok(GlobalId(id)));
        let team = encode("Team", &Uuid::nil().to_string());
        assert_eq!(GlobalId::<ShiftId>::from_text(&team).unwrap_err(), "names a Team; a Shift's id is expected here");
        for garbage in ["", "x", "=====", "U2hpZnQ", "\u{202E}", &encode("Shift", "7"), &encode("<b>", "7")] {
            assert!(GlobalId::<ShiftId>::from_text(garbage).unwrap_err().starts_with("is no id"), "{garbage}");
        }
    }
}
