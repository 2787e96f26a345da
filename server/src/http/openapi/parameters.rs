//! Parameters that no handler has to name: ids of the path, and the idempotency key.

use utoipa::{
    ToSchema,
    openapi::{
        ObjectBuilder, Ref, RefOr, Required, Schema, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::http::{codes::Code, wire::ids};

/// Adds the parameters that stand in braces in a path; gives what they may be refused with.
pub(super) fn of_path(path: &str, operation: &mut Operation) -> Option<Code> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    let mut refuses = None;
    for name in names {
        refuses = Some(Code::NotFound);
        let schema = id_of(name).map_or_else(text, |id| Ref::from_schema_name(id).into());
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema));
        add(operation, parameter.build());
    }
    refuses
}

/// What a query may be refused with.
pub(super) fn of_query(operation: &Operation) -> Option<Code> {
    let mut parameters = operation.parameters.iter().flatten();
    let is_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    };
    parameters.any(is_query).then_some(Code::Malformed)
}

/// Adds the header under which a request that is sent again is done once; gives what it may be refused with.
pub(super) fn idempotency_key(operation: &mut Operation) -> [Code; 5] {
    let told = "A key of your own for this request. If you send the request again with the same key, you get the same \
        answer, and the request is done once.";
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(told))
        .schema(Some(
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)),
        ));
    add(operation, parameter.build());
    [Code::Malformed, Code::TooLarge, Code::IdempotencyMismatch, Code::DoneAlready, Code::TooManyRequests]
}

fn add(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(parameter.into());
}

fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// The schema of the id that a name in a path stands for.
fn id_of(name: &str) -> Option<String> {
    let schema = match name {
        "client" => ids::Client::name(),
        "device" => ids::Device::name(),
        "recording" => ids::Recording::name(),
        "clip" => ids::Clip::name(),
        "upload" => ids::Upload::name(),
        "release" => ids::Release::name(),
        _ => return None,
    };
    Some(schema.into_owned())
}
