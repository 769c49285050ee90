#!/usr/bin/env bash
# Spelling of documents, comments and messages, in British English. Needs codespell (tools/deps.sh tidy).
set -euo pipefail
cd "$(dirname "$0")/.."

# Names of things, words that are meant, and slips that tests make on purpose.
words=inflight,fro,nam,meter,meters,license,prority,verfy
# What other people's interfaces are called.
names=color,serialize,serialization,normalize,sanitize,sanitizer,unauthorized

files=()
while IFS= read -r file; do
  case $file in
    assets/* | fuzz/corpus/* | LICENSE | NOTICE | src/report/page/*) ;;
    *) files+=("$file") ;;
  esac
done < <(git ls-files)

british=$(mktemp)
trap 'rm -f "$british"' EXIT
/usr/bin/python3 - >"$british" <<'END'
import codespell_lib, pathlib, re
lists = pathlib.Path(codespell_lib.__file__).parent / "data/dictionary_en-GB_to_en-US.txt"
for british, american in re.findall(r"^(\w+)->(\w+)$", lists.read_text(), re.M):
    print(f"{american}->{british}")
END
codespell --dictionary - --dictionary "$british" --ignore-words-list "$words,$names" "${files[@]}"
