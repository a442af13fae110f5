import { cpu, difference } from '../comparisons.ts'
import { CASE_NAMES, TOOLS } from '../mcp/cases.ts'
import { MCP_GUARD, TOKEN_GUARD } from '../mcp/contestants.ts'
import type { McpResults } from '../mcp/mcp.ts'
import { collectNames, describeVariation, getMedian } from './rows.ts'
import { createTable, formatNumber, formatSummary } from './table.ts'

export function createMcpSection(results: McpResults): string[] {
  const cases = CASE_NAMES.map((name) => results[name])
  return [
    '### MCP guard',
    `An MCP server with ${TOOLS.toLocaleString('en')} tools, and web-standard requests without a network. Each request has the same
cached ES256 token, and the calls in a body call different tools. The token has all scopes that the tools require. In the row
\`${TOKEN_GUARD}\`, the guard of \`@bearward/fetch\` checks the token, and the handler parses the body. Each figure comes from a
separate process, which is warmed up before the first round.`,
    describeVariation(cases, cpu),
    `Processor time of one request in microseconds, including the creation of the request and of the response. The last row is the
time that the guard takes in addition to the check of the token and the parse of the body.`,
    createTable(
      ['', ...CASE_NAMES],
      [
        ...collectNames(cases).map((name) => [
          name,
          ...cases.map((costs) => formatNumber(getMedian(costs[name], cpu))),
        ]),
        [
          'added by the MCP guard',
          ...cases.map((costs) => formatSummary(difference(costs, MCP_GUARD, TOKEN_GUARD, cpu))),
        ],
      ],
    ),
  ]
}
