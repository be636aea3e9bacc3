"""A broker of the ZMQ event plane, for the wheel has none: publishers connect to PORT1, subscribers to PORT2."""

import sys

import zmq


def main() -> None:
    context = zmq.Context()
    publishers = context.socket(zmq.XSUB)
    publishers.bind(f"tcp://127.0.0.1:{sys.argv[1]}")
    subscribers = context.socket(zmq.XPUB)
    subscribers.bind(f"tcp://127.0.0.1:{sys.argv[2]}")
    zmq.proxy(publishers, subscribers)


if __name__ == "__main__":
    main()
