import { type Line, tested } from './line.ts'

/** Lines of the authorization of the Model Context Protocol. */
export const mcp: readonly Line[] = [
  tested('MCP-01', 'MCP, 2025-06-18', 'The metadata names at least one authorization server.'),
  tested(
    'MCP-02',
    'MCP, 2025-11-25',
    'The metadata is at its path, and its address is in the challenge.',
  ),
  tested('MCP-03', 'MCP, 2025-11-25', 'The challenge of a 401 contains the required scope.'),
  tested('MCP-04', 'MCP, 2025-06-18', 'A token in the query is not accepted.'),
  tested('MCP-05', 'MCP, 2025-06-18', 'A token without the audience of this API is rejected.'),
  tested('MCP-06', 'MCP, 2025-06-18', 'The status is 401, 400 or 403, depending on the reason.'),
  tested('MCP-07', 'MCP, 2025-11-25', 'A 403 contains the scope and the address of the metadata.'),
  tested('MCP-08', 'MCP, 2026-07-28', 'One challenge contains all scopes of the operation.'),
  tested('MCP-09', 'MCP, 2026-07-28', 'A scope that contains the required scope is sufficient.'),
  tested('MCP-10', 'MCP, 2026-07-28', 'offline_access is in no challenge and in no metadata.'),
  tested('MCP-11', 'MCP, 2025-06-18', 'A token of a caller is not passed on to another server.'),
  tested(
    'MCP-12',
    'MCP, 2025-06-18',
    'Every request of a session needs a token. A session id is not a token.',
  ),
  tested('MCP-13', 'MCP, 2025-06-18', 'The case of scheme and host of an audience is ignored.'),
  tested(
    'MCP-14',
    'MCP, best practices',
    'State handles, such as session ids, can be bound to the subject of the token.',
  ),
  tested('MCP-15', 'MCP, enterprise', 'An identity assertion grant is not an access token.'),
  tested(
    'MCP-16',
    'MCP, 2026-07-28',
    'Headers that differ from the body are refused, and grant nothing.',
  ),
  tested(
    'MCP-17',
    'MCP, 2025-11-25',
    'The operation is read from the body, and never from headers.',
  ),
  tested('MCP-18', 'MCP, 2025-03-26', 'A batch needs the scopes of all its messages.'),
  tested(
    'MCP-19',
    'MCP, 2026-07-28',
    'Mcp-Name in base64 is decoded. Malformed and repeated lines are refused.',
  ),
  tested(
    'MCP-20',
    'MCP, 2025-06-18',
    'The server executes the object that the guard has checked. An unreadable object needs all scopes.',
  ),
  tested(
    'MCP-21',
    'MCP, 2025-11-25',
    'If no scope can change a refusal, its error is not insufficient_scope.',
  ),
  tested(
    'MCP-22',
    'MCP, 2025-06-18',
    'Names are compared exactly. The rule of a tool does not apply to a similar name.',
  ),
  tested(
    'MCP-23',
    'MCP, 2026-07-28',
    'A scope can contain other scopes. Challenges name the required scope.',
  ),
  tested(
    'MCP-24',
    'MCP, 2025-06-18',
    'A 401 for a request without credentials leads to the metadata.',
  ),
  tested('MCP-25', 'MCP, 2026-07-28', 'The SDKs read the challenges, even if DPoP is accepted.'),
  tested('MCP-26', 'RFC 3986, 6.2.3', 'Only the slash of an empty path is ignored.'),
  tested('MCP-27', 'MCP, 2026-07-28', 'Pages can send the headers of MCP, and read the challenge.'),
  tested(
    'MCP-28',
    'RFC 6750, 2',
    'A request with an API key and a token is refused. A refusal of a key names no metadata.',
  ),
  tested('MCP-29', 'MCP, 2025-06-18', 'Only methods that are listed by name need no token.'),
  tested('MCP-30', 'MCP, 2025-06-18', 'A request of another origin is refused.'),
  tested('MCP-31', 'RFC 9110, 15.6.4', 'An outage of the authorization server is never a 401.'),
  tested(
    'MCP-32',
    'MCP, 2025-06-18',
    'Handlers do not get the token, unless an option exposes it.',
  ),
]
