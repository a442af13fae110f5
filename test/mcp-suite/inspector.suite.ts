import { requestClientCredentialsToken } from '@bearward/example-authorization-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADD_NOTE, LIST_NOTES, startMcpApi } from '../interop/mcp-api.ts'
import {
  MACHINE,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from '../interop/notes-authorization-server.ts'
import { closing } from '../support/closing.ts'
import { noteSecret } from '../support/secrets.ts'
import { createInspector } from './inspector.ts'
import type { ProgramResult } from './programs.ts'

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

/** Starts an MCP server with the guard, and an Inspector for it. */
async function start(era: 'legacy' | 'modern', scopes?: string) {
  const api = await startMcpApi(authorizationServer)
  const inspector = closing(await createInspector(api.resource, authorizationServer.issuer, scopes))
  return {
    api,
    takeScopes: () => inspector.takeScopes(),
    list: (...options: string[]) =>
      inspector.run('--protocol-era', era, '--method', 'tools/list', ...options),
    call: (tool: string, ...options: string[]) =>
      inspector.run(
        '--protocol-era',
        era,
        '--method',
        'tools/call',
        '--tool-name',
        tool,
        ...options,
      ),
  }
}

/** Checks that a command has printed the result of a tool. */
function expectText({ exitCode, stdout, stderr }: ProgramResult, text: string): void {
  expect(exitCode, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ result: { content: [{ type: 'text', text }] } })
}

/** Returns the error that a command has printed as its last line. */
function readError({ stderr }: ProgramResult): unknown {
  return (JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as { error: unknown }).error
}

describe.each(['legacy', 'modern'] as const)('the Inspector with the protocol %s', (era) => {
  it(`the Inspector with the protocol ${era} lists and calls tools with a token in --header, and reports the scopes of a 403`, async () => {
    const { api, list, call } = await start(era)
    const { access_token: token } = await requestClientCredentialsToken(
      authorizationServer.issuer,
      MACHINE,
      { scope: 'notes:read', resource: api.resource },
    )
    noteSecret(token)
    const header = ['--header', `Authorization: Bearer ${token}`]
    const listed = await list(...header)
    expect(listed.exitCode, listed.stderr).toBe(0)
    const { result } = JSON.parse(listed.stdout) as { result: { tools: { name: string }[] } }
    expect(result.tools.map(({ name }) => name)).toEqual([LIST_NOTES, ADD_NOTE])
    expectText(await call(LIST_NOTES, ...header), 'the notes of notes-cron')

    const refused = await call(ADD_NOTE, ...header)
    expect(refused.exitCode).toBe(1)
    expect(readError(refused)).toEqual({
      code: 'error',
      message: 'Insufficient scope: required "notes:read notes:write"',
    })
    expect(api.requests.at(-1)).toBe('POST /mcp 403')
  })

  it(`the Inspector with the protocol ${era} signs a user in, and signs them in again with the scope of a 403`, async () => {
    const { api, call, takeScopes } = await start(era, 'notes:read')
    const noInput = '--stored-auth-only'
    const signedOut = await call(LIST_NOTES, noInput)
    expect(signedOut.exitCode).toBe(3)
    expect(readError(signedOut)).toMatchObject({ code: 'auth_required' })

    expectText(await call(LIST_NOTES), 'the notes of user-ada')
    expect(takeScopes()).toEqual(['notes:read offline_access'])
    const refused = await call(ADD_NOTE, noInput)
    expect(refused.exitCode).toBe(3)
    expect(readError(refused)).toMatchObject({ code: 'auth_required' })
    expect(api.requests.at(-1)).toBe('POST /mcp 403')

    const steppedUp = await call(ADD_NOTE)
    expectText(steppedUp, 'a new note of user-ada')
    expect(steppedUp.stderr).toContain('This operation needs additional scope: notes:write.')
    expect(takeScopes()).toEqual(['notes:read notes:write offline_access'])
    expectText(await call(ADD_NOTE, noInput), 'a new note of user-ada')
    expectText(await call(LIST_NOTES, noInput), 'the notes of user-ada')
    expect(takeScopes()).toEqual([])
  })
})

describe('the Inspector', () => {
  it('the Inspector requests all scopes of the metadata, and not those of the challenge, if no scope is configured', async () => {
    const { call, takeScopes } = await start('modern')
    expectText(await call(ADD_NOTE), 'a new note of user-ada')
    expect(takeScopes()).toEqual(['notes:read notes:write offline_access'])
  })
})
