"""Everything that watches, judges and tells, without any terminal."""
