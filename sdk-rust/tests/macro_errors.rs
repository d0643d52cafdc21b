//! What the compiler says about typical mistakes in an impl block that is a server: the mistakes are programs in
//! `macros/`, and beside each stands what is said, which names the place and what to write instead.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p isogloss --test macro_errors` writes the texts anew: read them.

#[test]
fn a_mistake_is_told_where_it_is_and_how_to_mend_it() {
    trybuild::TestCases::new().compile_fail("tests/macros/*.rs");
}

#[cfg(feature = "tasks")]
#[test]
fn what_is_wrong_with_a_task_is_told_in_the_words_that_there_are() {
    trybuild::TestCases::new().compile_fail("tests/macros/tasks/*.rs");
}
