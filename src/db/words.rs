//! Enums that are written as words: in the database, on the command line and in the API alike.

/// Defines an enum of plain variants with one word each: `as_str`, `FromStr` with an error that lists the
/// choices, `Display`, serde and a schema, and the way into and out of a database column.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every one of them, in the order they are listed to people.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word it is stored and written as.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<$name, String> {
                match text {
                    $($word => Ok($name::$variant),)*
                    other => Err(format!(
                        "{:?} is not {}: it is one of {}",
                        other.chars().take(40).collect::<String>(), $what, [$($word),*].join(", ")
                    )),
                }
            }
        }

        impl From<$name> for $crate::db::Value {
            fn from(value: $name) -> $crate::db::Value {
                $crate::db::Value::from(value.as_str())
            }
        }
    };
}
