const client = require('@bearward/client')
const adapter = require('@bearward/express')
const express = require('express')
const jose = require('jose')
const { runScenario } = require('../scenario.cjs')

test('required packages grant and refuse requests, and get a token', () =>
  runScenario(express, adapter, client, jose))
