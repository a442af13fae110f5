import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { compile, RESOLUTIONS } from './compiler.mjs'
import { createProject, evaluate, packAll, pinned, temporaryDirectory } from './tarballs.mjs'

const ISSUER = 'https://as.example.com'
const AUDIENCE = 'https://api.example.com'

let directory
let tarballs
let options
let mint

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' }] }
  options = JSON.stringify({ issuer: ISSUER, audience: AUDIENCE, keys })
  mint = (audience = AUDIENCE) =>
    new SignJWT({ client_id: 'reports-cron', scope: 'read' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject('reports-cron')
      .setIssuedAt()
      .setExpirationTime('5 min')
      .sign(privateKey)
})
after(() => directory.remove())

/** A project of somebody else, with the tarballs and one major version of Express. */
async function createConsumer(name, express, types) {
  const { core, express: adapter } = tarballs
  const packages = [core, adapter, `express@${express}`, `@types/express@${types}`]
  const project = await createProject(join(directory.path, name), ...packages)
  for (const files of ['consumers', 'types']) {
    await cp(fileURLToPath(new URL(files, import.meta.url)), project, { recursive: true })
  }
  await cp(join(project, 'typescript.ts'), join(project, 'commonjs-typescript.cts'))
  return project
}

/** Starts the API of a consumer and asks it everything that there is to ask. */
async function ask(project, program) {
  const api = spawn(process.execPath, [program, options], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await Promise.race([once(api.stdout, 'data'), once(api, 'exit')])
    const get = async (path, token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const response = await fetch(`http://127.0.0.1:${Number(port)}${path}`, { headers })
      return `${response.status} ${await response.text()}`
    }
    return {
      nobody: await get('/reports'),
      caller: await get('/reports', await mint()),
      callerOfAnother: await get('/reports', await mint('https://another.example.com')),
      callerWithoutScope: await get('/admin', await mint()),
    }
  } finally {
    api.kill()
  }
}

const refused = (status, error, error_description) =>
  `${status} ${JSON.stringify({ error, error_description })}`

const ANSWERS = {
  nobody: refused(401, 'unauthorized', 'An access token is required.'),
  caller: '200 {"caller":"reports-cron"}',
  callerOfAnother: refused(401, 'invalid_token', 'The access token is not for this resource.'),
  callerWithoutScope: refused(
    403,
    'insufficient_scope',
    'The access token lacks a required scope.',
  ),
}

const MAJORS = [
  { major: 'Express 5', version: () => pinned('express'), types: () => pinned('@types/express') },
  {
    major: 'Express 4',
    version: async () => (await pinned('express4')).replace('npm:express@', ''),
    types: () => '4.17.25',
  },
]

for (const { major, version, types } of MAJORS) {
  describe(major, () => {
    let project
    before(async () => {
      project = await createConsumer(major, await version(), await types())
    })

    test(`${major}: an API in ES modules`, async () => {
      assert.deepEqual(await ask(project, 'esm.mjs'), ANSWERS)
    })

    test(`${major}: an API in CommonJS`, async () => {
      assert.deepEqual(await ask(project, 'commonjs.cjs'), ANSWERS)
    })

    test(`${major}: an API in TypeScript that becomes CommonJS`, async () => {
      const compilerOptions = { ...RESOLUTIONS.nodenext, types: ['node'], outDir: 'commonjs' }
      assert.equal(await compile(project, ['commonjs-typescript.cts'], compilerOptions), '')
      assert.deepEqual(await ask(project, 'commonjs/commonjs-typescript.cjs'), ANSWERS)
    })

    for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
      test(`${major}: an API in TypeScript (${name})`, async () => {
        const compilerOptions = { ...resolution, types: ['node'], outDir: name }
        const files = ['typescript.ts', 'core.test-d.ts', 'express.test-d.ts']
        assert.equal(await compile(project, files, compilerOptions), '')
        assert.deepEqual(await ask(project, `${name}/typescript.js`), ANSWERS)
      })
    }

    test(`${major}: what is imported and what is required are the same`, async () => {
      const program = `import { createRequire } from 'node:module'
        import * as imported from '@bearward/express'
        const required = createRequire(import.meta.url)('@bearward/express')
        const same = Object.keys(imported).every((name) => imported[name] === required[name])
        process.stdout.write(String(same))`
      assert.equal(await evaluate(project, program), 'true')
    })
  })
}
