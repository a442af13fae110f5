import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
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

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, express } = await packAll(directory.path)
  const names = ['@types/express', '@types/node', 'express']
  const libraries = ['@modelcontextprotocol/sdk', 'express-oauth2-jwt-bearer']
  const others = await withVersions(...names, ...libraries)
  project = await createProject(join(directory.path, 'other-types'), core, express, ...others)
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
