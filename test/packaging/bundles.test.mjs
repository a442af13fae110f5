import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { rolldown } from 'rolldown'
import { createIssuer, requestApi, RESPONSES, writeApi } from './api.mjs'
import { compile, RESOLUTIONS } from './compiler.mjs'
import {
  createProject,
  createTemporaryDirectory,
  evaluate,
  packAll,
  run,
  withVersions,
} from './tarballs.mjs'

/**
 * Program without a framework that imports core and client, and also requires core. It prints the reason of a refusal, the
 * value of a token, and whether both ways load the same class.
 */
const ALONE = `import { generateKeyPairSync } from 'node:crypto'
  import { clientCredentials } from '@bearward/client'
  import { ConfigurationError, createResourceServer } from '@bearward/core'
  import * as required from './required.cjs'

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const headers = { 'content-type': 'application/json' }
  const source = clientCredentials({
    tokenEndpoint: 'https://as.example.com/token',
    clientId: 'orders',
    clientAuthentication: {
      method: 'private_key_jwt',
      // The key is not a JWK, because Node 20 can hang when it exports a JWK (nodejs/node#54918).
      key: privateKey,
      algorithm: 'ES256',
      audience: 'https://as.example.com',
    },
    fetch: async (url, { body }) => {
      const assertion = new URLSearchParams(body).get('client_assertion') ?? ''
      const access_token = String(assertion.split('.').length)
      return Response.json({ access_token, token_type: 'Bearer', expires_in: 600 }, { headers })
    },
  })
  const server = createResourceServer({ issuer: 'https://as.example.com', audience: 'reports' })
  const { reason } = server.authorize({ method: 'GET', url: '/', headers: {} })
  source.getToken().then(({ value }) => {
    const same = required.ConfigurationError === ConfigurationError
    process.stdout.write([reason, value, same].join())
  })`
const REQUIRED = `exports.ConfigurationError = require('@bearward/core').ConfigurationError`

let directory
let project
let issuer

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, client, express } = await packAll(directory.path)
  const names = ['@types/express', '@types/node', 'esbuild', 'express', 'webpack']
  const others = await withVersions(...names)
  project = await createProject(join(directory.path, 'bundles'), core, client, express, ...others)
  await writeApi(project, 'express')
  const options = { ...RESOLUTIONS.nodenext, types: ['node'] }
  assert.equal(await compile(project, ['serve.ts'], options), '')
  await writeFile(join(project, 'alone.js'), ALONE)
  await writeFile(join(project, 'required.cjs'), REQUIRED)
  issuer = await createIssuer()
})
after(() => directory.remove())

const EXTENSIONS = { cjs: 'cjs', esm: 'mjs' }

/**
 * Functions that write the bundle of a program for Node into a directory, in one of two formats. Only esbuild leaves out
 * packages: the packages in `external`.
 */
const BUNDLERS = {
  async esbuild(entry, format, outDir, external) {
    const outFile = join(outDir, `${entry}.${EXTENSIONS[format]}`)
    const flags = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${outFile}`]
    const externals = external.map((name) => `--external:${name}`)
    const args = ['node_modules/esbuild/bin/esbuild', `${entry}.js`, '--log-level=warning']
    const built = await run(process.execPath, [...args, ...flags, ...externals], { cwd: project })
    assert.equal(built.output, '')
  },

  async rolldown(entry, format, outDir) {
    const input = join(project, `${entry}.js`)
    const bundle = await rolldown({ input, cwd: project, platform: 'node' })
    const entryFileNames = `${entry}.${EXTENSIONS[format]}`
    await bundle.write({ dir: outDir, format, entryFileNames })
    await bundle.close()
  },

  async webpack(entry, format, outDir) {
    const isModule = format === 'esm'
    const output = {
      path: outDir,
      filename: `${entry}.${EXTENSIONS[format]}`,
      ...(isModule && { module: true, library: { type: 'module' } }),
    }
    const config = {
      context: project,
      entry: `./${entry}.js`,
      target: 'node',
      mode: 'production',
      optimization: { minimize: false },
      experiments: { outputModule: isModule },
      output,
    }
    const program = `import webpack from 'webpack'
      webpack(${JSON.stringify(config)}, (error, stats) => {
        process.stdout.write(error?.stack ?? stats.toString({ all: false, errors: true }))
      })`
    assert.equal(await evaluate(project, program), '')
  },
}

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  for (const [format, extension] of Object.entries(EXTENSIONS)) {
    // The directory is outside the project, so a bundle cannot load packages.
    const toOutDir = (entry) => join(directory.path, name, format, entry)

    test(`${name}: a bundle of core and client refuses a request, gets a token and contains core once (${format})`, async () => {
      const outDir = toOutDir('alone')
      await bundle('alone', format, outDir, [])
      const options = { cwd: outDir, timeout: 15_000 }
      const { output } = await run(process.execPath, [`alone.${extension}`], options)
      assert.equal(output, 'no_credentials,3,true')
    })

    // esbuild cannot bundle Express into an ES module: Express is CommonJS and requires built-in modules of Node.
    const external = name === 'esbuild' && format === 'esm' ? ['express'] : []
    const kind = external.length === 0 ? 'with' : 'without'
    test(`${name}: a bundle ${kind} Express grants and refuses requests (${format})`, async () => {
      const outDir = external.length === 0 ? toOutDir('serve') : join(project, 'dist')
      await bundle('serve', format, outDir, external)
      assert.deepEqual(await requestApi(issuer, outDir, `serve.${extension}`), RESPONSES)
    })

    test(`${name}: a bundle of core and client is one file (${format})`, async () => {
      assert.deepEqual(await readdir(toOutDir('alone')), [`alone.${extension}`])
    })
  }
}
