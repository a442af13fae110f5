const client = require('@bearward/client')
const adapter = require('@bearward/express')
const express = require('express')
const jose = require('jose')
const { runScenario } = require('../scenario.cjs')

test('require', () => runScenario(express, adapter, client, jose))
