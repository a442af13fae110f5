import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compile, RESOLUTIONS } from './compiler.mjs'
import { createProject, createTemporaryDirectory, packAll, withVersions } from './tarballs.mjs'

/** Contents of files by name. A line after `@ts-expect-error` must not compile. */
const FILES = {
  'bearward.ts': `import { auth, createBearward } from '@bearward/express'
    import express from 'express'
    const { requireToken } = createBearward({ issuer: 'https://as.example.com', audience: 'a' })
    export const app = express().get('/', requireToken(), (request, response) => {
      response.json(auth(request).clientId)
    })\n`,

  'bearer-auth.ts': `import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
    import express from 'express'
    const verifyAccessToken = () => Promise.reject(new Error('not used'))
    const guard = requireBearerAuth({ verifier: { verifyAccessToken } })
    export const app = express().get('/', guard, (request, response) => {
      const clientId: string | undefined = request.auth?.clientId
      response.json(clientId)
    })\n`,

  'mcp-sdk-1.ts': `import { createBearward } from '@bearward/express'
    import { createMcpGuard } from '@bearward/mcp/express'
    import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
    import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
    import express from 'express'
    const bearward = createBearward({ issuer: 'https://as.example.com', resource: 'https://a.example.com/mcp' })
    const mcp = createMcpGuard(bearward, { tools: { search: {} } })
    export const app = express().all('/mcp', mcp.guard, async (request, response) => {
      const server = new McpServer({ name: 'notes', version: '1.0.0' })
      server.registerTool('search', {}, (extra) => ({
        content: [{ type: 'text', text: String(mcp.may(extra.authInfo, 'tool', 'search')) }],
      }))
      const transport = new StreamableHTTPServerTransport({})
      await server.connect(transport as Parameters<typeof server.connect>[0])
      await transport.handleRequest(request, response, request.body)
    })\n`,

  'mcp-sdk-2.ts': `import { createBearward } from '@bearward/fetch'
    import { createMcpGuard } from '@bearward/mcp'
    import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
    const bearward = createBearward({ issuer: 'https://as.example.com', resource: 'https://a.example.com/mcp' })
    const mcp = createMcpGuard(bearward, { tools: { search: {} } })
    const handler = createMcpHandler(() => {
      const server = new McpServer({ name: 'notes', version: '1.0.0' })
      server.registerTool('search', {}, (context) => ({
        content: [{ type: 'text', text: String(mcp.may(context.http?.authInfo, 'tool', 'search')) }],
      }))
      return server
    })
    export const fetch = mcp.protect((request, call) => handler.fetch(request, call))\n`,

  'jwt-bearer.ts': `import { auth } from 'express-oauth2-jwt-bearer'
    import express from 'express'
    export const app = express().get('/', auth(), (request, response) => {
      const subject: string | undefined = request.auth?.payload.sub
      response.json(subject)
    })\n`,

  'without-req-auth.ts': `import '@bearward/express'
    import express from 'express'
    express().get('/', (request, response) => {
      // @ts-expect-error: no package has added this property
      response.json(request.auth)
    })\n`,

  'with-req-auth.ts': `import type { AccessToken } from '@bearward/express'
    import '@bearward/express/req-auth'
    import express from 'express'
    express().get('/', (request, response) => {
      const token: AccessToken | undefined = request.auth
      // @ts-expect-error: the caller may be anonymous
      response.json([token, request.auth.clientId])
    })\n`,
}

const SDKS = 'mcp-sdks.test-d.ts'

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, express, fetch, mcp } = await packAll(directory.path)
  const names = ['@types/express', '@types/node', 'express']
  const sdks = ['@modelcontextprotocol/sdk', '@modelcontextprotocol/server']
  const others = await withVersions(...names, ...sdks, 'express-oauth2-jwt-bearer')
  const own = [core, express, fetch, mcp]
  project = await createProject(join(directory.path, 'other-types'), ...own, ...others)
  await cp(fileURLToPath(new URL('types/mcp-sdks.test-d.ts', import.meta.url)), join(project, SDKS))
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(project, name), text)
})
after(() => directory.remove())

const compileFiles = (...files) =>
  compile(project, files, { ...RESOLUTIONS.nodenext, types: ['node'], noEmit: true })

test('types: @bearward/express compiles together with requireBearerAuth of @modelcontextprotocol/sdk', async () => {
  assert.equal(await compileFiles('bearward.ts', 'bearer-auth.ts'), '')
})

test('types: @bearward/express compiles together with express-oauth2-jwt-bearer', async () => {
  assert.equal(await compileFiles('bearward.ts', 'jwt-bearer.ts'), '')
})

test('types: @bearward/express adds no errors to the errors of two libraries that conflict', async () => {
  const together = await compileFiles('bearer-auth.ts', 'jwt-bearer.ts')
  assert.match(together, /@types\/express-serve-static-core.* error TS2430/)
  assert.equal(await compileFiles('bearer-auth.ts', 'jwt-bearer.ts', 'bearward.ts'), together)
})

test('types: request.auth exists only with @bearward/express/req-auth', async () => {
  assert.equal(await compileFiles('without-req-auth.ts'), '')
  assert.equal(await compileFiles('with-req-auth.ts'), '')
})

test('types: the AuthInfo and the verifier of @bearward/mcp match those of both SDKs', async () => {
  assert.equal(await compileFiles(SDKS), '')
})

for (const version of [1, 2]) {
  test(`types: a guard of @bearward/mcp compiles together with a server of SDK version ${version}`, async () => {
    assert.equal(await compileFiles(`mcp-sdk-${version}.ts`), '')
  })
}
