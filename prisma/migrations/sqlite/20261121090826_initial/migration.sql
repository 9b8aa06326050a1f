-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" JSONB NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Node" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "settings" JSONB NOT NULL,
    "epoch" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "operation" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Peering" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "node" TEXT NOT NULL,
    "asn" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "administrative" TEXT NOT NULL,
    "administrativeReason" TEXT,
    "tunnel" TEXT NOT NULL,
    "publicKey" TEXT NOT NULL,
    "keyClaim" TEXT,
    "presharedKeySealed" TEXT,
    "endpoint" TEXT,
    "underlay" TEXT NOT NULL,
    "keepalive" INTEGER NOT NULL,
    "linkLocal" TEXT NOT NULL,
    "ourLinkLocal" TEXT,
    "addressIpv4" TEXT,
    "addressIpv6" TEXT,
    "sessions" TEXT NOT NULL,
    "families" TEXT NOT NULL,
    "extendedNextHop" BOOLEAN NOT NULL,
    "policy" TEXT NOT NULL,
    "importLimit" INTEGER NOT NULL,
    "holdTime" INTEGER,
    "mtu" INTEGER NOT NULL,
    "listenPort" INTEGER,
    "contact" TEXT,
    "remark" TEXT,
    "revision" INTEGER NOT NULL,
    "operation" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    "firstHandshakeAt" DATETIME,
    "deletedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Timeline" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "node" TEXT NOT NULL,
    "peering" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "step" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "detail" TEXT,
    "operation" TEXT
);

-- CreateTable
CREATE TABLE "Audit" (
    "number" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "action" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "address" TEXT,
    "node" TEXT,
    "subject" TEXT,
    "operation" TEXT NOT NULL,
    "detail" JSONB NOT NULL,
    "registryCommit" TEXT,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Operator" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Login" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "asns" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "operator" TEXT,
    "registryCommit" TEXT,
    "address" TEXT,
    "userAgent" TEXT,
    "createdAt" DATETIME NOT NULL,
    "lastSeenAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "revokedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Challenge" (
    "nonce" TEXT NOT NULL PRIMARY KEY,
    "asn" BIGINT NOT NULL,
    "purpose" TEXT NOT NULL,
    "portal" TEXT NOT NULL,
    "issuedAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "cookieHash" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "tries" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "SetupLink" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME
);

-- CreateIndex
CREATE UNIQUE INDEX "Peering_keyClaim_key" ON "Peering"("keyClaim");

-- CreateIndex
CREATE INDEX "Peering_node_deletedAt_idx" ON "Peering"("node", "deletedAt");

-- CreateIndex
CREATE INDEX "Peering_asn_deletedAt_idx" ON "Peering"("asn", "deletedAt");

-- CreateIndex
CREATE INDEX "Timeline_peering_at_idx" ON "Timeline"("peering", "at");

-- CreateIndex
CREATE UNIQUE INDEX "Timeline_peering_source_number_step_at_key" ON "Timeline"("peering", "source", "number", "step", "at");

-- CreateIndex
CREATE UNIQUE INDEX "Operator_name_key" ON "Operator"("name");

-- CreateIndex
CREATE INDEX "Login_expiresAt_idx" ON "Login"("expiresAt");

-- CreateIndex
CREATE INDEX "Challenge_expiresAt_idx" ON "Challenge"("expiresAt");
