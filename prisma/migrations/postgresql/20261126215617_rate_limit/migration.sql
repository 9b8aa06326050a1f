-- AlterTable
ALTER TABLE "Peering" ADD COLUMN     "rateLimit" INTEGER;
