/**
 * What the codes of a NOTIFICATION are called, and what they mean to a person.
 *
 * Standard: RFC 4271 §4.5, RFC 4486, RFC 6608, RFC 7313 §5, RFC 8538, RFC 9234 §4.2, RFC 9384,
 * RFC 9687; the names are those of IANA "BGP Error (Notification) Codes".
 *
 * The sentences say what the *sender* of the NOTIFICATION means by it.
 *
 * @module
 */

type SubcodeRow = { readonly name: string; readonly sentence: string };
type CodeRow = {
  readonly name: string;
  readonly sentence: string;
  readonly subcodes: Readonly<Record<number, SubcodeRow>>;
};

const row = (name: string, sentence: string): SubcodeRow => ({ name, sentence });

export const NOTIFICATION_NAMES: Readonly<Record<number, CodeRow>> = {
  1: {
    name: 'Message Header Error',
    sentence: 'A message began with a broken header.',
    subcodes: {
      1: row(
        'Connection Not Synchronized',
        'The start of a message was not where it should be: the streams of the two sides disagree.',
      ),
      2: row('Bad Message Length', 'A message had a length its type does not allow.'),
      3: row('Bad Message Type', 'A message had a type that does not exist.'),
    },
  },
  2: {
    name: 'OPEN Message Error',
    sentence: 'The first message could not be accepted.',
    subcodes: {
      1: row('Unsupported Version Number', 'Only version 4 of BGP is spoken here.'),
      2: row('Bad Peer AS', 'The AS number offered is not the one that was configured.'),
      3: row(
        'Bad BGP Identifier',
        'The router id is 0.0.0.0, or it is the same on both sides of an internal session.',
      ),
      4: row(
        'Unsupported Optional Parameter',
        'The first message carried an optional parameter nobody knows.',
      ),
      5: row('Authentication Failure', 'An authentication method of old BGP failed.'),
      6: row(
        'Unacceptable Hold Time',
        'The hold time offered is 1 or 2 seconds; at least 3, or 0.',
      ),
      7: row(
        'Unsupported Capability',
        'The two sides have no common address family, or a capability that is required is missing.',
      ),
      8: row(
        'Grouping Conflict',
        'The multisession groups of the two sides contradict each other.',
      ),
      9: row('Grouping Required', 'The sender insists on multisession groups.'),
      10: row('Capability Value Mismatch', 'The two sides announced capabilities that contradict.'),
      11: row(
        'Role Mismatch',
        'The BGP roles of the two sides do not fit, for example provider with provider.',
      ),
    },
  },
  3: {
    name: 'UPDATE Message Error',
    sentence: 'A route announcement was broken in a way that cannot be repaired.',
    subcodes: {
      1: row('Malformed Attribute List', 'The list of route attributes could not be read.'),
      2: row('Unrecognized Well-known Attribute', 'An attribute everybody must know is unknown.'),
      3: row('Missing Well-known Attribute', 'An attribute every route must have is missing.'),
      4: row('Attribute Flags Error', 'An attribute had flags its type does not allow.'),
      5: row('Attribute Length Error', 'An attribute had a length its type does not allow.'),
      6: row('Invalid ORIGIN Attribute', 'The origin of a route had an unknown value.'),
      7: row('AS Routing Loop', 'A route went in a circle.'),
      8: row('Invalid NEXT_HOP Attribute', 'The next hop of a route is not a usable address.'),
      9: row('Optional Attribute Error', 'An optional attribute could not be read.'),
      10: row('Invalid Network Field', 'A prefix could not be read.'),
      11: row('Malformed AS_PATH', 'The AS path of a route could not be read.'),
    },
  },
  4: {
    name: 'Hold Timer Expired',
    sentence: 'Nothing was heard from the other side for the whole hold time.',
    subcodes: {},
  },
  5: {
    name: 'Finite State Machine Error',
    sentence: 'A message came at a moment when it makes no sense.',
    subcodes: {
      1: row(
        'Receive Unexpected Message in OpenSent State',
        'Another message came where the first one, OPEN, was expected.',
      ),
      2: row(
        'Receive Unexpected Message in OpenConfirm State',
        'Another message came where the confirmation of OPEN was expected.',
      ),
      3: row(
        'Receive Unexpected Message in Established State',
        'A second OPEN came on a session that was already up.',
      ),
    },
  },
  6: {
    name: 'Cease',
    sentence: 'The session was ended on purpose, without a reason.',
    subcodes: {
      1: row(
        'Maximum Number of Prefixes Reached',
        'More routes were announced than the limit for this session allows.',
      ),
      2: row('Administrative Shutdown', 'The operator shut the session down.'),
      3: row('Peer De-configured', 'The operator removed the session from the configuration.'),
      4: row(
        'Administrative Reset',
        'The operator restarted the session; it comes back by itself.',
      ),
      5: row(
        'Connection Rejected',
        'The connection is not wanted at the moment; the session is often disabled over there.',
      ),
      6: row(
        'Other Configuration Change',
        'The configuration of the session changed; it comes back by itself.',
      ),
      7: row(
        'Connection Collision Resolution',
        'Both sides had connected at the same time, and one connection had to go.',
      ),
      8: row('Out of Resources', 'The router is short of memory or time.'),
      9: row(
        'Hard Reset',
        'The session was ended, and its routes must not be kept over the interruption.',
      ),
      10: row('BFD Down', 'The link check between the two routers failed.'),
    },
  },
  7: {
    name: 'ROUTE-REFRESH Message Error',
    sentence: 'A request to send the routes again could not be read.',
    subcodes: {
      1: row(
        'Invalid Message Length',
        'A request to send the routes again had a length that is not allowed.',
      ),
    },
  },
  8: {
    name: 'Send Hold Timer Expired',
    sentence: 'The other side stopped reading for so long that the session was given up.',
    subcodes: {},
  },
};
