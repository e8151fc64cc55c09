"""Pure computation: frames in, frames out; no framework, no storage, no clock, no hidden chance."""
