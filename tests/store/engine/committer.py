"""A process of its own that commits artifacts until it is killed: `committer.py STORE FORMAT FIRST COUNT`."""

import sys

from stand_ins import key_of, put

from features.store.store import Store


def main() -> None:
    folder, form, first, count = sys.argv[1:]
    store = Store(folder, form)
    print("ready", flush=True)
    for number in range(int(first), int(first) + int(count)):
        with store.lease("flow", key_of(number)) as ours:
            if ours and not store.has("flow", key_of(number)):
                put(store, key_of(number))
                print(number, flush=True)


if __name__ == "__main__":
    main()
