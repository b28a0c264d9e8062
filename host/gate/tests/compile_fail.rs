//! Going around the gate does not compile. Each case says why; its `.stderr` is the compiler's own word.

#[test]
fn a_permit_can_not_be_forged_or_skipped() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
