import * as client from '@bearward/client'
import * as adapter from '@bearward/express'
import express from 'express'
import * as jose from 'jose'

interface Scenario {
  runScenario(...modules: object[]): Promise<void>
}

/** Global function of Jest. It is declared here, because the workspace does not install the types of Jest. */
declare function test(name: string, run: () => Promise<void>): void

test('packages in TypeScript grant and refuse requests, and get a token', () => {
  const { runScenario } = require('../scenario.cjs') as Scenario
  return runScenario(express, adapter, client, jose)
})

export function mustNotCompile(): void {
  // @ts-expect-error: no audience
  adapter.createBearward({ issuer: 'https://as.example.com' })
}
