import { type Line, tested } from './line.ts'

/** Lines of the authorization of the Model Context Protocol that do not depend on JSON-RPC. */
export const mcp: readonly Line[] = [
  tested('MCP-01', 'MCP, 2025-06-18', 'The metadata names at least one authorization server.'),
  tested('MCP-02', 'MCP, 2025-11-25', 'The metadata is at its path, and in the challenge.'),
  tested('MCP-03', 'MCP, 2025-11-25', 'The challenge of a 401 contains the required scope.'),
  tested('MCP-04', 'MCP, 2025-06-18', 'A token in the query is not accepted.'),
  tested('MCP-05', 'MCP, 2025-06-18', 'A token without the audience of this API is rejected.'),
  tested('MCP-06', 'MCP, 2025-06-18', 'The status is 401, 400 or 403, depending on the reason.'),
  tested('MCP-07', 'MCP, 2025-11-25', 'A 403 contains the scope and the address of the metadata.'),
  tested('MCP-08', 'MCP, 2026-07-28', 'One challenge contains all scopes of the operation.'),
  tested('MCP-13', 'MCP, 2025-06-18', 'The case of scheme and host of an audience is ignored.'),
  tested('MCP-23', 'MCP, 2026-07-28', 'A scope contains others. Challenges name the required one.'),
  tested('MCP-24', 'MCP, 2025-06-18', 'A 401 without credentials leads to the metadata.'),
  tested('MCP-25', 'MCP, 2026-07-28', 'The SDKs read the challenges, even if DPoP is accepted.'),
  tested('MCP-26', 'RFC 3986, 6.2.3', 'Only the slash of an empty path is ignored.'),
  tested('MCP-27', 'MCP, 2026-07-28', 'Pages can send the headers of MCP, and read the challenge.'),
]
