//! Modules: any bytes at all.
//!
//! - reading ends without a panic, and twice in the same;
//! - of a component that a validator accepts, the imports and exports that are listed are those that it has: what is not listed could not
//!   be refused.
#![no_main]

use holdpoint_bundle::ModuleFacts;
use libfuzzer_sys::fuzz_target;
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator};

fuzz_target!(|bytes: &[u8]| {
    let facts = ModuleFacts::read(bytes);
    assert_eq!(facts, ModuleFacts::read(bytes));
    let Some((imports, exports)) = outermost(bytes) else { return };
    let facts = facts.expect("a valid component can be read");
    assert_eq!((facts.imports, facts.exports), (imports, exports));
});

/// What a valid component imports and exports, in a second reading that keeps whole payloads apart by their ranges instead of counting.
fn outermost(bytes: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    let mut validator = Validator::new();
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut inner = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.ok()?;
        match &payload {
            Payload::Version { encoding: Encoding::Module, range, .. } if range.start == 0 => return None,
            Payload::ModuleSection { unchecked_range: range, .. }
            | Payload::ComponentSection { unchecked_range: range, .. } => {
                inner = inner.max(range.end);
            }
            Payload::ComponentImportSection(section) if section.range().start >= inner => {
                for import in section.clone() {
                    imports.push(import.ok()?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if section.range().start >= inner => {
                for export in section.clone() {
                    exports.push(export.ok()?.name.name.to_owned());
                }
            }
            _ => {}
        }
        match validator.payload(&payload).ok()? {
            ValidPayload::Func(function, body) => function.into_validator(Default::default()).validate(&body).ok()?,
            ValidPayload::End(_) | ValidPayload::Ok | ValidPayload::Parser(_) => {}
        }
    }
    Some((imports, exports))
}
