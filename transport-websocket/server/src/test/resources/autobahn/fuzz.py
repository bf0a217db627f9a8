# Runs Autobahn's fuzzing client: jython fuzz.py <jar of the suite> <specification> <bytes or text>
#
# The peer takes binary messages alone, as one stream of bytes (WS-2 to WS-4), and echoes each part as it comes. For
# "bytes" the suite therefore sends binary messages where its cases have text, takes the echo as bytes however they are
# cut, and does not compare the echo where the case is about a violation, as bytes before that may have come back, nor
# where a message is begun and never ended (7.1.5), as what has come of it may be there too.
import ast
import sys

suite, specification, mode = sys.argv[1:4]
sys.path.insert(0, suite)
sys.argv = ['wstest']

from autobahntestsuite import wstest
from autobahntestsuite.case import Case
from autobahntestsuite.fuzzing import FuzzingClientProtocol as Client

TEXT, BINARY = 1, 2


def stream(events):
    bytes = ''.join(event[1] for event in events if event[0] == 'message')
    return [bytes, [event for event in events if event[0] != 'message']]


def compare(self, received, expected):
    if not self.expectedClose.get('closedByMe', True) or self.__class__.__name__ == 'Case7_1_5':
        return stream(received)[1] == stream(expected)[1]
    return stream(received) == stream(expected)


send_frame, send_message = Client.sendFrame, Client.sendMessage


def frame(self, opcode, **more):
    send_frame(self, opcode=BINARY if opcode == TEXT else opcode, **more)


def message(self, payload, binary=False, **more):
    send_message(self, payload, binary=True, **more)


def on_message(self, part, binary):
    case = self.runCase
    length = getattr(case, 'DATALEN', getattr(case, 'LEN', None))
    if not binary or length is None:
        case.onMessage(part, binary)
        return
    case.parts = getattr(case, 'parts', '') + part
    if len(case.parts) >= length:
        whole, case.parts = case.parts, ''
        # Cases of the largest messages know by number whether theirs was text.
        number = case.__class__.__name__
        case.onMessage(whole, number[:7] in ('Case9_2', 'Case9_4', 'Case9_6', 'Case9_8')
                       or getattr(case, 'BINARY', False))


if mode == 'bytes':
    Case.compare = compare
    Client.sendFrame = frame
    Client.sendMessage = message
    Client.onMessage = on_message

options = wstest.WsTestOptions()
options.parseOptions(['-m', 'fuzzingclient', '-s', specification])
wstest.start(options.opts, ast.literal_eval(open(specification).read()))
