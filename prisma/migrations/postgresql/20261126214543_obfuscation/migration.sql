-- AlterTable
ALTER TABLE "Peering" ADD COLUMN     "obfuscation" TEXT;
