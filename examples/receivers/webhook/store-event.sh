#!/bin/sh
# Keeps a verified event, once. Called by webhook (hooks.json) with the file of the body in EVENT_FILE.
#
# `sign: github` signs the body and nothing else, so the body is what an event is known by: every event has a number of
# its own in it, and every attempt the same bytes.
set -eu
inbox=${INBOX:-inbox}
mkdir -p "$inbox/done"
name=$(sha256sum "$EVENT_FILE" | cut -c 1-64).json
if [ ! -e "$inbox/$name" ] && [ ! -e "$inbox/done/$name" ]; then
  cp "$EVENT_FILE" "$inbox/$name.$$"
  sync "$inbox/$name.$$"
  mv "$inbox/$name.$$" "$inbox/$name"
fi
