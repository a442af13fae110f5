import * as client from '@bearward/client'
import * as adapter from '@bearward/express'
import express from 'express'
import * as jose from 'jose'
import { runScenario } from '../scenario.cjs'

test('imported packages grant and refuse requests, and get a token', () =>
  runScenario(express, adapter, client, jose))
